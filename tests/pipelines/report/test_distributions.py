from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report.distributions import HEIGHT, histogram_views
from tests.pipelines.report.example import report_example


def test_sources_add_up_to_the_bars_and_empty_ends_are_cut() -> None:
    (found,) = histogram_views(report_example()["distributions"])
    assert found.bins == 2  # 10–100 and 100–1000; the empty ends are gone
    assert [bin.title for bin in found.bars] == ["10 – 100: 290", "100 – 1,000: 900"]
    assert found.bars[1].amount == HEIGHT
    assert found.total == 1190


def test_a_measure_without_documents_is_left_out() -> None:
    assert histogram_views({"chars": {"a": {"edges": [0, 1], "counts": [0]}}, "lines": {}}) == []


def test_an_open_bin_has_no_upper_edge() -> None:
    (found,) = histogram_views({"chars": {"a": {"edges": [0, 10, 2**31 - 1], "counts": [1, 1]}}})
    assert found.bars[1].title == "10 –: 1"
    assert found.ticks[-1][1] == "∞"


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_bars_fit_and_what_is_there_can_be_seen(counts: list[int]) -> None:
    views = histogram_views({"chars": {"a": {"edges": list(range(len(counts) + 1)), "counts": counts}}})
    for view in views:
        assert all(0.02 * HEIGHT <= bar.amount <= HEIGHT or not bar.amount for bar in view.bars)
        assert len(view.ticks) <= 8
        places = [place for place, _ in view.ticks]
        assert places[0] == 0
        assert places[-1] == 100
