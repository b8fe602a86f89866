from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.report.flow import Flow, Line, flow_of
from tests.pipelines.report.example import report_example, source, stage


def test_sources_stand_by_sector_then_size() -> None:
    stages = {name: [stage("prepare", n, n)] for name, n in (("a", 1), ("b", 5), ("c", 9))}
    flow = flow_of(
        [
            source("a", "private", stages["a"]),
            source("b", "government", stages["b"]),
            source("c", "private", stages["c"]),
        ]
    )
    assert [s.name for s in flow.sources] == ["b", "c", "a"]


def test_stages_add_up_over_sources() -> None:
    flow = flow_of(report_example()["sources"])
    assert flow.stages[0] == Line("prepare", 1200, 1190, 0, 10)
    assert [line.stage for line in flow.stages] == ["prepare", "judge", "deduplicate", "protect"]


def test_a_document_lost_between_stages_unbalances_the_source() -> None:
    flow = flow_of([source("a", "private", [stage("prepare", 10, 10), stage("judge", 9, 9)])])
    assert flow.stages[1].balanced
    assert not flow.balanced


@st.composite
def books(draw: st.DrawFn) -> list[dict]:
    came = draw(st.integers(0, 10**6))
    lines = []
    for name in ("prepare", "judge", "deduplicate", "protect"):
        dropped = draw(st.integers(0, came))
        broken = draw(st.integers(0, came - dropped))
        kept = came - dropped - broken
        lines.append(stage(name, came, kept, dropped, broken))
        came = kept
    return lines


@settings(deadline=None)
@given(st.lists(books(), max_size=5))
def test_every_document_has_one_outcome(all_books: list[list[dict]]) -> None:
    flow: Flow = flow_of([source(f"s{n}", "private", lines) for n, lines in enumerate(all_books)])
    assert flow.balanced
    assert sum(flow.outcomes().values()) == flow.came
    assert flow.outcomes().get("released", 0) == flow.released
