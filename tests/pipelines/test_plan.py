from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.plan import Plan, Refusal, midnight
from tests.pipelines.plans import FREE_TERMS, STRICT_TERMS, plan, source

HOME = Path("/home-of-it")


def _spec(**change: Any) -> Plan:
    return plan(HOME, [source("letters", **change)])


def _snapshot(**change: Any) -> Plan:
    made = source("letters")
    return plan(HOME, [made.model_copy(update={"snapshot": made.snapshot.model_copy(update=change)})])


DECIDES = {
    "recipe": plan(HOME, recipe={"judge": {"bounds": {"chars": {"at_least": 3}}}}),
    "day": plan(HOME, as_of=date(2026, 11, 25)),
    "terms": _spec(terms=STRICT_TERMS),
    "terms that expire": _spec(terms={**FREE_TERMS, "expires": "2030-01-01"}),
    "encoding": _spec(encoding="cp949"),
    "priority": _spec(priority=3),
    "snapshot": _snapshot(name="another"),
    "code": plan(HOME, families={"pii": "g"}),
    "keys": plan(HOME, key_ids={"doc-id": "other"}),
    "policies": plan(HOME, policies="other"),
    "tombstones": plan(HOME, tombstones="other"),
    "benchmarks": plan(HOME, benchmarks={"digest": "d"}),
    "dependencies": plan(HOME, lock="other"),
    "sample": plan(HOME, sample=4),
}
DOES_NOT = {
    "home": plan(Path("/elsewhere")),
    "work zone": plan(HOME).model_copy(update={"work_zone": "corpus-test-2"}),
    "batch rows": plan(HOME, batch_rows=7),
    "refused": plan(HOME, refused=(Refusal(source="x", policies=(), reason="r"),)),
    "zone of a snapshot": _snapshot(zone="letters-2"),
}


@pytest.mark.parametrize("what", DECIDES)
def test_what_decides_the_result_is_in_the_hash(what: str) -> None:
    assert DECIDES[what].core != plan(HOME).core


def test_no_two_of_these_plans_are_one() -> None:
    assert len({made.core for made in DECIDES.values()}) == len(DECIDES)


@pytest.mark.parametrize("what", DOES_NOT)
def test_what_only_says_how_or_where_is_not(what: str) -> None:
    assert DOES_NOT[what].core == plan(HOME).core


def test_where_the_files_stand_is_not_in_the_hash() -> None:
    made = source("letters")
    moved = made.model_copy(update={"spec": made.spec.model_copy(update={"path": "/mnt/elsewhere"})})
    assert plan(HOME, [moved]).core == plan(HOME, [made]).core


def test_the_release_is_named_by_the_work_and_what_it_starts_from() -> None:
    first, second = plan(HOME), plan(HOME, base_release="r0")
    assert first.core == second.core and first.release_id != second.release_id
    assert len(first.release_id) == 26


def test_a_plan_is_read_back_whole(tmp_path: Path) -> None:
    made = plan(
        tmp_path, [source("a"), source("b", STRICT_TERMS)], refused=(Refusal(source="x", policies=("p",), reason="r"),)
    )
    made.save(tmp_path / "run" / "plan.json")
    assert Plan.load(tmp_path / "run" / "plan.json") == made
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["plan.json"]


def test_midnight_is_the_start_of_the_day_in_utc() -> None:
    assert midnight(date(2026, 11, 24)).isoformat() == "2026-11-24T00:00:00+00:00"
