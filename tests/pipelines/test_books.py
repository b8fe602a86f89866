from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.manifest import Book
from governance.records.errors import IntegrityError
from pipelines.books import CARRIED, STAGES, books, check, require_accounted
from pipelines.plan import Plan
from pipelines.tasks import Receipt
from tests.pipelines.plans import plan, source

EXITS = ("in", "kept", "dropped", "broken")


def _plan(*names: str, items: int = 2) -> Plan:
    sources = [source(name) for name in names or ("letters",)]
    snapshots = [s.snapshot.model_copy(update={"items": items}) for s in sources]
    return plan(
        Path("/nowhere"),
        [s.model_copy(update={"snapshot": snap}) for s, snap in zip(sources, snapshots, strict=True)],
    )


def _prepare(kept: int, broken: int = 0, *, items: list[int], broken_items: list[int], name: str = "p") -> Receipt:
    counts = {"in": kept + broken, "kept": kept, "dropped": 0, "broken": broken}
    return Receipt("prepare", name, "letters", counts, {"items": items, "broken_items": broken_items})


def _task(stage: str, came: int, dropped: int = 0, broken: int = 0, name: str = "t") -> Receipt:
    counts = dict(zip(EXITS, (came, came - dropped - broken, dropped, broken), strict=True))
    out: dict[str, Any] = {"books": {"letters": counts}} if stage == "deduplicate" else {}
    return Receipt(stage, name, "" if stage == "deduplicate" else "letters", counts, out)


def _run() -> list[Receipt]:
    return [
        _prepare(10, 1, items=[0, 1], broken_items=[]),
        _task("judge", 10, dropped=2),
        _task("deduplicate", 8, dropped=1, broken=1),
        _task("protect", 4, name="shard-1"),
        _task("protect", 2, dropped=1, name="shard-2"),
    ]


def test_lines_stand_by_source_and_stage_items_first() -> None:
    lines = books(_plan(), _run())
    assert [(b.stage, b.unit) for b in lines] == [("prepare", "item"), *((stage, "document") for stage in STAGES)]
    assert [(b.came, b.kept, b.dropped, b.broken) for b in lines] == [
        (2, 2, 0, 0),
        (11, 10, 0, 1),
        (10, 8, 2, 0),
        (8, 6, 1, 1),
        (6, 5, 1, 0),
    ]
    check(_plan(), lines)


def test_a_source_without_any_receipt_has_lines_of_zeros() -> None:
    lines = books(_plan("letters", "silent", items=0), [])
    assert {b.source for b in lines} == {"letters", "silent"} and all(b.came == 0 for b in lines)
    check(_plan("letters", "silent", items=0), lines)


def test_an_item_in_several_splits_counts_once_and_breaks_once() -> None:
    parts = [
        _prepare(3, items=[0], broken_items=[], name="first part"),
        _prepare(2, items=[0], broken_items=[0], name="second part"),
        _prepare(1, items=[1], broken_items=[], name="another item"),
    ]
    (items,) = [b for b in books(_plan(), parts) if b.unit == "item"]
    assert (items.came, items.kept, items.broken) == (2, 1, 1)


def test_an_item_that_no_task_accounts_for_is_a_fault() -> None:
    lines = books(_plan(items=3), _run())
    with pytest.raises(IntegrityError, match=r"books of letters, prepare, items do not balance: 3 in, 2 kept"):
        check(_plan(items=3), lines)


@given(st.sampled_from(STAGES), st.sampled_from(EXITS), st.integers(1, 5))
def test_any_count_that_is_off_is_named_by_source_and_stage(stage: str, exit_: str, more: int) -> None:
    receipts = _run()
    wrong = next(r for r in receipts if r.stage == stage)
    counts = wrong.out["books"]["letters"] if stage == "deduplicate" else wrong.books
    counts[exit_] += more
    with pytest.raises(IntegrityError) as error:
        check(_plan(), books(_plan(), receipts))
    assert f"letters, {stage}, documents" in str(error.value) and "nothing was published" in str(error.value)


def test_documents_that_vanish_between_stages_are_a_fault_of_both() -> None:
    receipts = [r for r in _run() if r.name != "shard-2"]
    with pytest.raises(IntegrityError, match="deduplicate kept 6, protect received 4"):
        check(_plan(), books(_plan(), receipts))


def test_every_fault_is_named_at_once() -> None:
    lines = [
        Book("letters", "prepare", "document", 5, 4, 0, 0),
        Book("letters", "judge", "document", 3, 3, 0, 0),
    ]
    with pytest.raises(IntegrityError) as error:
        check(_plan(), lines)
    assert str(error.value).count(";") == 2


def test_a_release_holds_what_was_kept_and_what_was_carried_over() -> None:
    lines = [
        Book("letters", "protect", "document", 5, 3, 2, 0),
        Book("letters", CARRIED, "document", 9, 9, 0, 0),
        Book("mirror", CARRIED, "document", 4, 0, 4, 0),
    ]
    require_accounted(lines, {"letters": 12})
    for rows in ({"letters": 11}, {"letters": 12, "mirror": 1}, {"letters": 12, "other": 1}):
        with pytest.raises(IntegrityError, match="do not balance"):
            require_accounted(lines, rows)
