import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report.flow import flow_of
from pipelines.report.sankey import css_class, drawing
from tests.pipelines.report.example import report_example, source, stage


def test_there_is_a_band_for_each_source_and_outcome() -> None:
    made = drawing(flow_of(report_example()["sources"]))
    assert len(made.bands) == 4 + 2  # letters: released, duplicate, quality, broken; reviews: released, duplicate
    assert [node.label for node in made.left] == ["letters", "reviews"]
    assert [node.number for node in made.right] == ["1,049", "51", "90", "10"]


def test_one_document_in_a_million_is_still_drawn() -> None:
    made = drawing(flow_of([source("a", "private", [stage("prepare", 1_000_000, 999_999, 1)])]))
    heights = [float(re.search(r"v([\d.]+)C", band.path).group(1)) for band in made.bands]  # type: ignore[union-attr]
    assert min(heights) > 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_nodes_never_overlap_and_stay_inside(sizes: list[int]) -> None:
    made = drawing(flow_of([source(f"s{n}", "private", [stage("prepare", k, k)]) for n, k in enumerate(sizes)]))
    for nodes in (made.left, made.right):
        for above, below in itertools.pairwise(nodes):
            assert above.y + above.height <= below.y + 1e-6
        assert all(node.y >= 0 and node.y + node.height <= made.height for node in nodes)


def test_writing_of_small_nodes_does_not_run_together() -> None:
    made = drawing(flow_of([source(f"s{n}", "private", [stage("prepare", 1, 1)]) for n in range(30)]))
    middles = [node.middle for node in made.left]
    assert min(b - a for a, b in itertools.pairwise(middles)) >= 15


def test_an_unknown_outcome_still_has_a_colour() -> None:
    assert css_class("somewhere") == "to-judge"
