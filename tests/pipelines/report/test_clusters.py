from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report.clusters import clusters_view
from tests.pipelines.report.example import report_example


def test_small_sizes_stand_alone_and_large_ones_share_a_bar() -> None:
    found = clusters_view(report_example()["clusters"])
    assert [(bar.label, bar.clusters) for bar in found.bars] == [("2", 40), ("3", 5), ("9–16", 1), ("129–256", 1)]


def test_documents_alone_are_no_cluster() -> None:
    assert clusters_view({"sizes": {"1": 5}, "removed": 0, "marked": 0, "largest": []}).clusters == 0


@settings(deadline=None)
@given(st.dictionaries(st.integers(2, 10**6).map(str), st.integers(1, 100), max_size=40))
def test_bars_hold_every_cluster_and_document_once(sizes: dict[str, int]) -> None:
    found = clusters_view({"sizes": sizes, "removed": 0, "marked": 0, "largest": []})
    assert sum(bar.clusters for bar in found.bars) == sum(sizes.values()) == found.clusters
    assert sum(bar.documents for bar in found.bars) == found.documents
