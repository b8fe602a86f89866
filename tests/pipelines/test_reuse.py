from typing import Any

import pytest

from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.reuse import reuse
from pipelines.runs import list_runs
from pipelines.stages.prepare import prepare_tasks
from pipelines.stages.snapshot import load_items
from pipelines.tasks import Context


def _plan(home: Home) -> Plan:
    return Plan.load(home.run(list_runs(home)[0]["run"]) / "plan.json").model_copy(update={"home": home.root})


def _why(home: Home, plan: Plan) -> dict[str, str]:
    keys = Context(plan).keys
    tasks = tuple(t for s in plan.sources for t in prepare_tasks(plan, s, load_items(s.snapshot.zone, home, keys)))
    found = reuse(plan, tasks)
    assert all((entry.reused == entry.tasks) is (entry.why == "") for entry in found)
    return {entry.source: entry.why for entry in found}


def test_the_same_plan_reuses_everything(released: Home) -> None:
    assert _why(released, _plan(released)) == {"letters": "", "texts": ""}


def _spec(plan: Plan, **change: Any) -> Plan:
    first, *rest = plan.sources
    return plan.model_copy(
        update={"sources": (first.model_copy(update={"spec": first.spec.model_copy(update=change)}), *rest)}
    )


def _recipe(plan: Plan, section: str, **change: Any) -> Plan:
    settings = getattr(plan.recipe, section).model_copy(update=change)
    return plan.model_copy(update={"recipe": plan.recipe.model_copy(update={section: settings})})


CHANGES = {
    "the source's settings changed": lambda plan: _spec(plan, encoding="cp949"),
    "split sizes changed": lambda plan: _recipe(plan, "prepare", max_record_bytes=5_000),
    "--sample changed": lambda plan: plan.model_copy(update={"sample": 3}),
    "keys changed": lambda plan: plan.model_copy(update={"key_ids": plan.key_ids | {"doc-id": "other"}}),
    "code changed: text": lambda plan: plan.model_copy(update={"families": plan.families | {"text": "other"}}),
}


@pytest.mark.parametrize("why", CHANGES)
def test_what_is_not_reused_says_why(released: Home, why: str) -> None:
    assert _why(released, CHANGES[why](_plan(released)))["letters"] == why


def test_what_prepare_does_not_look_at_makes_nothing_run_again(released: Home) -> None:
    moved = _recipe(_plan(released), "judge", bounds={"chars": {"at_least": 3}})
    assert set(_why(released, _spec(moved, priority=3, path="/elsewhere")).values()) == {""}


def test_a_zone_that_is_gone_is_told_apart_from_a_first_run(released: Home) -> None:
    plan = _plan(released)
    for receipt in released.restricted.glob("letters-*/prepare/*.json"):
        receipt.unlink()
    assert _why(released, plan)["letters"] == "an earlier run stopped, or its zone was purged"
    for run in list_runs(released):
        (released.run(run["run"]) / "plan.json").unlink()
    assert _why(released, plan)["letters"] == "never prepared for this corpus"
