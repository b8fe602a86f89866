"""Late finds: unique identifiers that Prepare missed and Protect met. They are destroyed in the staged files as well,
and a source with too many of them is refused.

Source: PIPA art. 24-2 (no resident number may be kept without a statute that names it).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from governance.records.errors import RefusedError
from governance.records.storage import remove_tree
from governance.restricted import read_restricted
from pipelines.finding import by_doc_ids
from pipelines.stages.altered import measured, put, write_staged
from pipelines.stages.protect import pii_policy
from pipelines.tasks import Context, Receipt
from transforms.pii.late import destroy_late

FIELDS = ("text", "title", "url", "author")
REFUSED = "protect-late-unique"


def clear_late(context: Context, receipts: Sequence[Receipt]) -> dict[str, int]:
    """Destroys what was found late in the staged rows; returns the documents of each source that held some.

    Repeating it is harmless.

    Raises:
        RefusedError: a source is above the recipe's bound; what was found is destroyed all the same.
    """
    made = [receipt for receipt in receipts if receipt.stage == "protect"]
    late = {r.name: r for r in made if r.out.get("late")}
    if late:
        ids = sorted({doc_id for receipt in late.values() for doc_id in _documents(context, receipt)})
        _clear_staged(context, ids)
        # Candidates' texts are copies of the staged ones.
        remove_tree(context.home.zone(context.plan.work_zone) / "candidates")
    found = late_counts(made)
    _require_few(context, made, found)
    return found


def late_counts(receipts: Iterable[Receipt]) -> dict[str, int]:
    """Documents of each source in which Protect met a unique identifier."""
    found: Counter[str] = Counter()
    for receipt in receipts:
        found[receipt.source] += receipt.out.get("late", 0) if receipt.stage == "protect" else 0
    return {source: found[source] for source in sorted(found) if found[source]}


def _documents(context: Context, receipt: Receipt) -> Iterable[str]:
    """Documents in which a task found a unique identifier, dropped ones included."""
    zone = context.plan.work_zone
    return context.read(zone, context.path(zone, "protect", f"{receipt.name}.late"))["doc_id"].to_pylist()


def _clear_staged(context: Context, doc_ids: Sequence[str]) -> None:
    rows = by_doc_ids(context.home, context.keys, doc_ids)
    at_least = pii_policy(context.plan).at_least
    for path in sorted({row.path for row in rows}):
        zone = next(row.zone for row in rows if row.path == path)
        table = read_restricted(path, context.keys.secret(zone.key)).combine_chunks()
        mine = pa.array(sorted(row.row for row in rows if row.path == path))
        cleared = destroy_late({name: table[name].combine_chunks() for name in FIELDS}, mine, at_least=at_least)
        for name, column in cleared.items():
            table = put(table, name, column)
        write_staged(path, measured(table), zone, context.keys)


def _require_few(context: Context, made: Iterable[Receipt], found: Mapping[str, int]) -> None:
    """Refuses a source in which Prepare missed too much: its other texts are not to be trusted either."""
    bound = context.plan.recipe.protect.late_unique_bound
    read: Counter[str] = Counter()
    for receipt in made:
        read[receipt.source] += receipt.books["in"]
    over = [
        f"{source}: unique identifiers were found late in {found[source]} of {read[source]} documents"
        for source in sorted(found)
        if found[source] > bound * read[source]
    ]
    if over:
        raise RefusedError(
            f"{'; '.join(over)}; protect.late_unique_bound allows a share of {bound}. They are destroyed, and nothing "
            "was published: look at the source, and at the recognisers, before the bound is raised",
            (REFUSED,),
        )
