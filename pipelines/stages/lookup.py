"""Lookup: which released documents share a key with a new one. Its edges join those of Group; no old text is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from governance.records.ids import content_name
from pipelines.plan import Plan
from pipelines.stages.group import EDGES, EXACT, STAGE
from pipelines.stages.index import ROW_BITS, Index, file_of, numbers
from pipelines.stages.released import Released
from pipelines.tasks import Context, Receipt
from transforms.dedup.candidates import Edges, union_edges
from transforms.dedup.index import MEMBERS, Run, forget, lookup, lookup_exact
from transforms.dedup.presets import preset


@dataclass(frozen=True)
class LookupTask:
    """One key column of every judged file against the index of one release."""

    name: str
    zone: str
    index: str
    release: str
    column: str
    weight: int
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes edges from released documents to new ones."""
        index = Index.load(context, self.index)
        left, right = union_edges([_NONE, *self._edges(context, index)])
        edges = pa.table({"left": left, "right": right}, schema=EDGES)
        context.write(self.zone, context.path(self.zone, STAGE, self.name), edges)
        out = {"column": f"{self.column}@{self.release}", "edges": edges.num_rows}
        return Receipt(STAGE, self.name, "", books={}, out=out)

    def _edges(self, context: Context, index: Index) -> Iterator[Edges]:
        known = self._known(context, index)
        for number, file in enumerate(index.files):
            if not file.kept:
                continue
            table = context.read(self.zone, context.path(self.zone, "judge", file.judged), [self.column, "keep"])
            rows = np.flatnonzero(table["keep"].to_numpy())
            keys = table[self.column].take(pa.array(rows)).combine_chunks()
            if self.column == EXACT:
                yield lookup_exact(known, numbers(number, rows), keys)
            else:
                yield lookup(known, numbers(number, rows), keys.to_numpy()[:, np.newaxis])

    def _known(self, context: Context, index: Index) -> Run:
        """The released documents under the numbers that this run gives them."""
        released = load(context, self.release)
        members = released.members(context.keys, MEMBERS.names)
        docs = numbered(context, index, self.release)
        gone = docs[~present(context, index, docs)]
        members = members.set_column(0, "doc", pa.array(docs))
        if self.column == EXACT:
            return Run(pa.table({}), members.filter(pa.array(~np.isin(docs, gone))))
        run = released.band(context.keys, int(self.column.removeprefix("b")), members)
        return forget(run, gone) if len(gone) else run


_NONE = (np.empty(0, np.int64), np.empty(0, np.int64))


def load(context: Context, release: str) -> Released:
    """The index of a release that the plan adds to; planning saw to it that it is there."""
    released = Released.load(context.home, context.plan.recipe.corpus, release)
    assert released is not None
    return released


def numbered(context: Context, index: Index, release: str) -> np.ndarray:
    """Numbers that this run gives to the documents of a release, one a member, ascending."""
    docs = load(context, release).members(context.keys, ["doc"])["doc"].to_numpy()
    return docs + np.int64(index.first(release) << ROW_BITS)


def present(context: Context, index: Index, documents: np.ndarray) -> np.ndarray:
    """Which released documents (bool) are still held: those of a source that was stopped are not."""
    absent = context.plan.absent
    held = [file.release is None or file.source not in absent.get(file.release, ()) for file in index.files]
    return np.array(held, bool)[file_of(documents)]


def anchors(context: Context, index: Index, documents: np.ndarray) -> pa.Table:
    """doc_id, chars and text_key of released documents, in the order given, which is ascending."""
    parts = []
    for release in context.plan.released:
        released, first = load(context, release), index.first(release) << ROW_BITS
        bounds = np.searchsorted(documents, [first, first + (len(released.files) << ROW_BITS)])
        if bounds[0] < bounds[1]:
            members = released.members(context.keys)
            rows = np.searchsorted(members["doc"].to_numpy(), documents[bounds[0] : bounds[1]] - first)
            parts.append(members.take(pa.array(rows)))
    columns = ["doc_id", "chars", "text_key"]
    return pa.concat_tables([_NO_ANCHORS, *(part.select(columns) for part in parts)])


_NO_ANCHORS = pa.table(
    {"doc_id": pa.array([], pa.string()), "chars": pa.array([], pa.int32()), "text_key": pa.array([], pa.binary(16))}
)


def lookup_tasks(plan: Plan, index: Index) -> list[LookupTask]:
    """One task for each key column that the recipe uses and each release that the run adds to."""
    settings = plan.recipe.deduplicate
    columns = [EXACT] if settings.exact else []
    if settings.near:
        columns += [f"b{n}" for n in range(preset(settings.preset).bands)]
    code = [plan.families[k] for k in ("dedup", "stage-lookup", "stage-released")]
    rows = sum(file.kept for file in index.files)
    named = {"stage": "lookup", "index": index.name, "code": code}
    return [
        LookupTask(
            content_name(named | {"release": release, "absent": plan.absent.get(release, ()), "column": column}),
            plan.work_zone,
            index.name,
            release,
            column,
            rows,
        )
        for release in plan.released
        if any(file.release == release for file in index.files)
        for column in columns
    ]
