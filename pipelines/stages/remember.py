"""Remember: the index of what a release adds, written before its commit so that a later batch always finds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.recipe import PassageSettings
from pipelines.stages.index import ROW_BITS, Index, Judged, numbers, row_of
from pipelines.stages.passages import FIND
from pipelines.stages.protect import pii_level
from pipelines.stages.released import RELEASED, Released, keep, table_names
from pipelines.tasks import Context, Receipt
from transforms.dedup.index import Run, new_run
from transforms.dedup.passage_index import UNITS, held
from transforms.dedup.presets import preset


def remember(context: Context, receipts: Sequence[Receipt]) -> None:
    """Writes the index of the documents that this run releases; repeating it writes the same."""
    plan = context.plan
    index = Index.of(plan, [r for r in receipts if r.stage == "judge"])
    elect = next(r.name for r in receipts if r.stage == "deduplicate")
    members = _members(context, index, elect, _released_ids(context, receipts))
    chosen = preset(plan.recipe.deduplicate.preset)
    released = Released(
        directory=context.home.index(plan.recipe.corpus) / plan.release_id,
        preset=plan.recipe.deduplicate.preset,
        level=pii_level(plan),
        files=index.files,
        sources=plan.sources,
        tables=table_names(passages=bool(plan.recipe.deduplicate.passages)),
        documents=members.num_rows,
        passages=held_lengths(plan.recipe.deduplicate.passages),
    )
    bands = (_band(context, index, members, n) for n in range(chosen.bands))
    keep(released, context.keys, members, bands, _passages(context, receipts, members["doc"].to_numpy()))


def held_lengths(levels: Sequence[PassageSettings]) -> dict[str, int]:
    """For each unit that the recipe counts, the code points of the shortest passage that is held."""
    return {unit: min(n.at_least_chars for n in levels if n.unit == unit) for unit in sorted({n.unit for n in levels})}


def _passages(context: Context, receipts: Sequence[Receipt], docs: np.ndarray) -> Iterator[pa.Table]:
    """Passages of the released documents, in order: parts are ranges of keys, and one is held at a time."""
    levels = context.plan.recipe.deduplicate.passages
    found = [receipt for receipt in receipts if receipt.stage == FIND]
    parts = sorted({part for receipt in found for part, _, _ in receipt.out["parts"]})
    for unit, name in enumerate(UNITS):
        rules = [rule for rule, settings in enumerate(levels) if settings.unit == name]
        for part in parts if rules else []:
            pairs = [_NO_PASSAGES, *(_part(context, receipt, part, rules, docs) for receipt in found)]
            yield held(unit, *np.concatenate(pairs, axis=1))


_NO_PASSAGES = np.empty((2, 0), np.int64)


def _part(context: Context, found: Receipt, part: int, rules: Sequence[int], docs: np.ndarray) -> np.ndarray:
    """Keys and members (int64) of the passages of one part and file that some of the rules found."""
    path, pairs = context.path(context.plan.work_zone, FIND, found.name), [_NO_PASSAGES]
    for span in ((start, stop) for n, start, stop in found.out["parts"] if n == part):
        for rows in context.rows(context.plan.work_zone, path, span, ["rule", "high", "doc"]):
            of_rules = np.isin(rows["rule"].to_numpy(), rules)
            whole = numbers(found.out["file"], rows["doc"].to_numpy()[of_rules])
            # What Protect dropped is in no release.
            stays = np.isin(whole, docs)
            pairs.append(np.stack([rows["high"].to_numpy()[of_rules][stays], np.searchsorted(docs, whole[stays])]))
    return np.concatenate(pairs, axis=1)


def _released_ids(context: Context, receipts: Sequence[Receipt]) -> pl.DataFrame:
    zone = context.plan.work_zone
    paths = [context.path(zone, "protect", f"{r.name}.index") for r in receipts if r.stage == "protect"]
    tables = [pl.DataFrame(context.read(zone, path, ["doc_id"])) for path in paths]
    return pl.concat([pl.DataFrame(schema={"doc_id": pl.String}), *tables])


def _members(context: Context, index: Index, elect: str, released: pl.DataFrame) -> pa.Table:
    """Released documents with their place, keys and length, by number."""
    frames = [pl.DataFrame(RELEASED.empty_table())]
    for number, file in enumerate(index.files):
        keep_set = context.read(
            context.plan.work_zone,
            context.path(context.plan.work_zone, "deduplicate", f"{elect}.keep-{number:06d}"),
            ["row"],
        )
        rows = keep_set["row"].to_numpy()
        judged = _judged(context, file, ["text_key", "doc_id"], rows)
        chars = context.read(file.zone, context.path(file.zone, "prepare", file.staged), ["chars"])["chars"]
        columns = {"doc": numbers(number, rows), "text_key": judged["text_key"], "doc_id": judged["doc_id"]}
        frames.append(pl.DataFrame(pa.table(columns | {"chars": chars.take(pa.array(rows))})))
    return pl.concat(frames).join(released, on="doc_id", how="semi", maintain_order="left").to_arrow().cast(RELEASED)


def _judged(context: Context, file: Judged, columns: list[str], rows: np.ndarray) -> pa.Table:
    path = context.path(context.plan.work_zone, "judge", file.judged)
    return context.read(context.plan.work_zone, path, columns).take(pa.array(rows))


def _band(context: Context, index: Index, members: pa.Table, band: int) -> Run:
    """One band's keys of every released document."""
    docs = members["doc"].to_numpy()
    keys = [np.empty(0, np.int64), *_keys(context, index, docs, f"b{band}")]
    return new_run(docs, np.concatenate(keys)[:, np.newaxis], members["text_key"].combine_chunks())


def _keys(context: Context, index: Index, docs: np.ndarray, column: str) -> Iterator[np.ndarray]:
    bounds = np.searchsorted(docs, np.arange(len(index.files) + 1, dtype=np.int64) << ROW_BITS)
    for number, file in enumerate(index.files):
        mine = docs[bounds[number] : bounds[number + 1]]
        if len(mine):
            yield _judged(context, file, [column], row_of(mine))[column].to_numpy()
