"""The books: what entered a stage left it by exactly one exit, per source, items and documents apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from governance.manifest import Book
from governance.records.errors import IntegrityError
from pipelines.plan import Plan
from pipelines.tasks import Receipt

STAGES = ("prepare", "judge", "deduplicate", "protect")
CARRIED = "carried"  # what a run that adds to a release takes over from it
EXITS = ("kept", "dropped", "broken")


def books(plan: Plan, receipts: Iterable[Receipt]) -> list[Book]:
    """Every line of the books, in the plan's order of sources and the stages' order."""
    receipts = list(receipts)
    documents = _documents(receipts)
    lines = []
    for source in plan.sources:
        lines.append(_items(source.name, source.snapshot.items, receipts))
        for stage in STAGES:
            counts = documents.get((source.name, stage), Counter())
            lines.append(Book(source.name, stage, "document", counts["in"], *(counts[e] for e in EXITS)))
    return lines


def check(plan: Plan, lines: Sequence[Book]) -> None:
    """Proves the books before anything is published.

    Raises:
        IntegrityError: names each source and stage that does not balance, or that lost documents between stages.
    """
    wrong = []
    for line in lines:
        try:
            line.require_balanced()
        except IntegrityError as error:
            wrong.append(str(error))
    for source in plan.sources:
        mine = [e for e in lines if e.source == source.name and e.unit == "document" and e.stage != CARRIED]
        for before, after in pairwise(mine):
            if before.kept != after.came:
                wrong.append(f"{source.name}: {before.stage} kept {before.kept}, {after.stage} received {after.came}")
    if wrong:
        raise IntegrityError("the books do not balance; nothing was published. " + "; ".join(wrong))


def require_accounted(lines: Sequence[Book], rows: Mapping[str, int]) -> None:
    """Proves that a release holds what Protect kept and what was carried over.

    Args:
        lines: of the run.
        rows: of the release's shards, by source.

    Raises:
        IntegrityError: names each source of which there is more or less.
    """
    kept: Counter[str] = Counter()
    for line in lines:
        kept[line.source] += line.kept if line.stage in (STAGES[-1], CARRIED) else 0
    wrong = [
        f"{name}: {kept[name]} documents kept or carried over, {rows.get(name, 0)} in the shards"
        for name in sorted({*kept, *rows})
        if kept[name] != rows.get(name, 0)
    ]
    if wrong:
        raise IntegrityError("the books do not balance; nothing was published. " + "; ".join(wrong))


def _documents(receipts: Iterable[Receipt]) -> dict[tuple[str, str], Counter[str]]:
    totals: dict[tuple[str, str], Counter[str]] = {}
    for receipt in receipts:
        if receipt.stage == "deduplicate":
            for source, counts in receipt.out["books"].items():
                totals.setdefault((source, receipt.stage), Counter()).update(counts)
        elif receipt.stage in STAGES:
            totals.setdefault((receipt.source, receipt.stage), Counter()).update(receipt.books)
    return totals


def _items(source: str, listed: int, receipts: Iterable[Receipt]) -> Book:
    """Items of the snapshot against the items that Prepare accounts for; an item in several splits counts once."""
    seen: set[int] = set()
    broken: set[int] = set()
    for receipt in receipts:
        if receipt.stage == "prepare" and receipt.source == source:
            seen.update(receipt.out["items"])
            broken.update(receipt.out["broken_items"])
    return Book(source, "prepare", "item", listed, len(seen - broken), 0, len(broken))
