from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from governance.records.errors import ConfigError
from governance.sharing.settings import open_store
from governance.store.sources import StateChange
from pipelines.engine import Engine
from pipelines.planning import Planned, Request, make_plan
from tests.end_to_end.conftest import TERMS, World, documents

NOON = datetime(2026, 11, 24, 3, tzinfo=UTC)
LABEL = {"project": "quality", "guideline": "읽고", "labels": ["좋음", "나쁨"]}


def _plan(world: World, *, overrides: Mapping[str, str] = {}, **request: Any) -> Planned:
    return make_plan(Request(world.recipe, world.home, NOON, overrides, **request))


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("planning"))
    made.jsonl("letters", documents(3))
    return made


def test_a_first_plan_starts_from_nothing(world: World) -> None:
    planned = _plan(world)
    assert planned.plan.base_release is None and not planned.finished
    assert [s.name for s in planned.plan.sources] == ["letters"] and len(planned.tasks) == 1


def test_planning_twice_gives_the_same_plan_and_the_same_tasks(world: World) -> None:
    first, second = _plan(world), _plan(world, engine=Engine("processes", 2), batch_rows=7)
    assert first.plan.core == second.plan.core and first.tasks == second.tasks


def test_planning_keeps_only_the_listing(world: World) -> None:
    _plan(world)
    assert not (world.home.root / "governed").exists()
    assert not list(world.home.restricted.rglob("prepare"))


def test_the_same_work_on_its_own_release_is_finished_and_more_of_it_starts_there(world: World) -> None:
    result = world.run()
    again = _plan(world)
    assert again.finished and again.plan.release_id == result["release_id"]
    world.jsonl("letters", documents(4))
    more = _plan(world)
    assert not more.finished and more.plan.base_release == result["release_id"]


def test_sources_stand_by_name_whatever_the_recipes_order(world: World) -> None:
    world.jsonl("a-first", documents(1, 50))
    assert [s.name for s in _plan(world).plan.sources] == ["a-first", "letters"]


@pytest.mark.parametrize("state", ["suspended", "quarantined", "erased"])
def test_a_source_that_officers_stopped_is_refused(world: World, state: Any) -> None:
    world.jsonl("other", documents(1, 50))
    world.run()
    change = StateChange("test", "letters", state, "ORDER-1")
    open_store(world.home.root).sources.set_state(change, at=NOON, by="officer")
    (refusal,) = _plan(world).plan.refused
    assert (refusal.source, refusal.policies) == ("letters", ("admit-withdrawn",))


def test_a_stopped_shard_does_not_stop_its_source(world: World) -> None:
    world.run()
    change = StateChange("test", "letters", "quarantined", "finding", "shards/letters/x.parquet")
    open_store(world.home.root).sources.set_state(change, at=NOON, by="labelling")
    assert _plan(world).plan.refused == ()


def test_a_source_that_must_stay_in_korea_is_not_stored_elsewhere(world: World) -> None:
    world.jsonl("bound", documents(1, 50), terms={**TERMS, "residency": "KR"})
    world.settings["publish"] = {"region": "US"}
    (refusal,) = _plan(world).plan.refused
    assert refusal.policies == ("place-residency",)


def test_with_every_source_refused_there_is_nothing_to_plan(world: World) -> None:
    world.jsonl("letters", documents(1), terms={**TERMS, "training": False})
    with pytest.raises(ConfigError, match=r"no source is left to run; refused: letters: .*do not allow training"):
        _plan(world)


def test_bounds_of_a_refused_source_are_no_problem(world: World) -> None:
    world.jsonl("lapsed", documents(1, 50), terms={**TERMS, "expires": "2020-01-01"})
    world.settings["judge"] = {"sources": {"lapsed": {"chars": {"at_least": 1}}}}
    assert [r.source for r in _plan(world).plan.refused] == ["lapsed"]


WRONG = [
    ({"purpose": "pretrian"}, "did you mean 'pretrain'"),
    ({"truth": "${UNSET_HERE}/truth.jsonl"}, "truth: no file at"),
    ({"decontaminate": {"suites": {"exam": {"path": "gone.jsonl"}}}}, "decontaminate.suites.exam"),
    ({"label": [LABEL, LABEL]}, "two projects are called 'quality'"),
    ({"label": [{**LABEL, "where": {"charrs": {"at_least": 1}}}]}, "did you mean 'chars'"),
    ({"label": [{**LABEL, "where": {"chars": {"atleast": 1}}}]}, "did you mean 'at_least'"),
    ({"label": [{**LABEL, "where": {"source": {"at_least": 1}}}]}, "column of words"),
    ({"label": [{**LABEL, "uncertain": {"hangul": 0.5}, "count": 2}]}, "did you mean 'hangul_share'"),
    ({"label": [{**LABEL, "strata": "sauce", "count": 2}]}, "did you mean 'source'"),
    ({"label": [{**LABEL, "labels": ["같음", "같음"]}]}, "none twice"),
    ({"judge": {"sources": {"nobody": {}}}}, "no source is called 'nobody'"),
]


@pytest.mark.parametrize(("settings", "says"), WRONG, ids=[says for _, says in WRONG])
def test_what_would_fail_after_the_commit_is_told_before_a_byte_is_read(
    world: World, settings: dict[str, Any], says: str
) -> None:
    world.settings |= settings
    with pytest.raises(ConfigError, match=says):
        _plan(world)
    assert not world.home.root.exists()


def test_problems_of_engine_recipe_sources_and_labels_come_together(world: World) -> None:
    world.settings |= {"truth": "gone.jsonl", "label": [{**LABEL, "where": {"charrs": {}}}, LABEL]}
    world.add("gone", {})
    (world.root / "data" / "gone").rmdir()
    with pytest.raises(ConfigError) as error:
        _plan(world, engine=Engine("threads"))
    said = "\n".join(error.value.problems)
    assert all(word in said for word in ("--runner", "source gone", "truth", "two projects"))
