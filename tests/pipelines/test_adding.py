from pathlib import Path

import pytest

from governance.records.errors import ConfigError
from pipelines.adding import adding, met, unused_indexes
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.releases import latest_release
from pipelines.stages.elect import ESTIMATED_RULE, NEAR_RULE
from pipelines.stages.released import Released
from pipelines.tasks import Receipt
from tests.pipelines.plans import plan, source

RELEASED = {"deduplicate": {"against": "released"}}


def _base(home: Home) -> str:
    latest = latest_release(home, "test")
    assert latest is not None
    return latest.release_id


def _plan(home: Home, **recipe: object) -> Plan:
    return plan(home.root, [source("notes")], {**RELEASED, **recipe}, base_release=_base(home))


def test_a_plan_adds_to_the_release_it_starts_from_and_carries_its_sources(released: Home) -> None:
    before = _plan(released)
    after = adding(before, released)
    assert after.released == (_base(released),)
    assert [s.name for s in after.carried] == ["letters", "texts"] and after.source("texts").name == "texts"
    # What is carried follows from the base, which the release's name holds already.
    assert (after.core, after.release_id) == (before.core, before.release_id)


def test_a_source_that_is_read_again_is_as_it_is_planned_now(released: Home) -> None:
    mine = source("letters")
    after = adding(plan(released.root, [mine], RELEASED, base_release=_base(released)), released)
    assert [s.name for s in after.carried] == ["texts"] and after.source("letters") == mine


def test_a_recipe_that_does_not_ask_and_a_first_run_add_to_nothing(released: Home, tmp_path: Path) -> None:
    for given in (plan(released.root, base_release=_base(released)), plan(tmp_path, recipe=RELEASED)):
        assert adding(given, released) == given


def test_every_reason_why_it_cannot_add_is_told(released: Home) -> None:
    other = {"deduplicate": {"against": "released", "preset": "curator-20x13"}, "protect": {"skip": ["name"]}}
    with pytest.raises(ConfigError) as refused:
        adding(_plan(released, **other), released)
    assert [p.split(" was made with ")[1].split(" ")[0] for p in refused.value.problems] == [
        "deduplicate.preset",
        "the",
    ]


def test_the_figures_say_what_was_met_read_and_estimated(released: Home) -> None:
    after = adding(_plan(released), released)
    known = Released.load(released, "test", _base(released))
    assert known is not None
    rules = [["notes", NEAR_RULE, "dropped", 5], ["notes", ESTIMATED_RULE, "dropped", 2]]
    receipts = [
        Receipt("candidates", "a", "", {}, {"chunks": []}),
        Receipt("candidates", "b", "", {}, {"released": [1, 7]}),
        Receipt("candidates", "c", "", {}, {"released": [2, 2]}),
        Receipt("deduplicate", "e", "", {}, {"rules": rules}),
    ]
    assert met(after, released, receipts) == {
        "documents": known.documents,
        "candidates": 3,
        "rows_read": 9,
        "estimated": 2,
        "share": round(3 / known.documents, 6),
    }
    assert met(_plan(released), released, receipts) == {}


def test_an_index_that_the_head_does_not_hold_is_unused(released: Home) -> None:
    assert unused_indexes(released, "test") == []
    stray = released.index("test") / "stray"
    stray.mkdir()
    assert unused_indexes(released, "test") == [stray]
    assert unused_indexes(released, "nothing-yet") == []
