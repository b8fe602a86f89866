from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from governance.records.errors import RefusedError
from pipelines.admission import require_admitted
from pipelines.home import Home
from pipelines.plan import Plan
from tests.end_to_end.conftest import TERMS, World, documents


def _plan(world: World) -> Plan:
    from datetime import UTC, datetime

    from pipelines.planning import Request, make_plan

    return make_plan(Request(world.recipe, world.home, datetime(2026, 11, 24, tzinfo=UTC), {})).plan


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.jsonl("letters", documents(3))
    made.jsonl("notes", documents(3, 10), terms={**TERMS, "expires": "2026-11-30"})
    return made


def test_terms_that_hold_to_the_end_let_the_run_publish(world: World) -> None:
    plan = _plan(world)
    assert require_admitted(plan, date(2026, 11, 30)) is None


def test_terms_that_ended_while_the_run_worked_stop_it(world: World) -> None:
    plan = _plan(world)
    with pytest.raises(RefusedError, match=r"nothing was published.*notes: the terms expired") as refused:
        require_admitted(plan, date(2026, 12, 1))
    assert refused.value.policies == ("admit-expired",)


def test_a_source_that_an_officer_stopped_meanwhile_is_not_published(world: World) -> None:
    from datetime import UTC, datetime

    from governance.sharing.settings import open_store
    from governance.store.sources import StateChange

    plan = _plan(world)
    Home(plan.home).state.mkdir(exist_ok=True)
    change = StateChange("test", "letters", "suspended", "request-1")
    open_store(plan.home).sources.set_state(change, at=datetime(2026, 11, 24, tzinfo=UTC), by="officer")
    with pytest.raises(RefusedError, match="letters"):
        require_admitted(plan, date(2026, 11, 24))
