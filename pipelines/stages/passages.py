"""Passages: lines and paragraphs that come back in other documents that stay, and where they are to be cut.

Two steps of files: Find lists the passages of one staged file by key, sorted into parts; Repeats takes one part of
every file and decides. Keys alone travel: 128 bits of a keyed hash, no text. It runs after the election: before it, all
that a duplicate holds stands in its survivor too, and of a text with three versions only fragments would be left
(docs/decisions/dedup-passages.md). A run that adds counts what is released as well, by the passages in its index; what
is released comes first, and stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from blake3 import blake3

from governance.records.ids import base32, content_name
from pipelines.plan import Plan
from pipelines.recipe import PassageSettings
from pipelines.stages.index import ROW_BITS, Index, file_of, numbers, row_of
from pipelines.stages.lookup import anchors, load, numbered, present
from pipelines.stages.ranks import survivor_ranks
from pipelines.tasks import Context, Receipt
from transforms.dedup import passage_index
from transforms.dedup.passages import PASSAGES, find, first_key, part_of, repeats

FIND, REPEATS = "passages", "repeats"
# Text of kept documents for each part, of which eight bytes a passage are held, and whole only those met again; and
# released passages, which pass by a row group at a time.
PART_BYTES = 256 << 20
PART_HELD = 1 << 26

KEYS = pa.schema([pa.field("rule", pa.int8()), *PASSAGES])
PLACES = pa.schema(
    [
        ("document", pa.int64()),
        ("rule", pa.int8()),
        ("begin", pa.int64()),  # half-open UTF-8 bytes of the staged text
        ("end", pa.int64()),
        ("documents", pa.int64()),  # that hold the passage
        ("first", pa.string()),  # doc_id of the one where it stays; null where it stays in none
    ]
)


@dataclass(frozen=True)
class FindTask:
    """The kept rows of one staged file."""

    name: str
    zone: str
    index: str
    elect: str
    file: int
    parts: int
    weight: int
    stage: str = FIND

    def run(self, context: Context) -> Receipt:
        """Writes the passages sorted by part, a batch each, and length and id of the documents."""
        keys, documents = self._found(context)
        part = part_of(keys["high"].to_numpy(), self.parts)
        order = np.lexsort((keys["begin"].to_numpy(), keys["doc"].to_numpy(), part))
        keys, ends = keys.take(pa.array(order)), np.searchsorted(part[order], np.arange(self.parts + 1))
        spans = list(pairwise(ends.tolist()))
        batches = (batch for a, b in spans for batch in keys.slice(a, b - a).combine_chunks().to_batches())
        whole = pa.Table.from_batches(batches, KEYS)
        context.write(self.zone, context.path(self.zone, FIND, self.name), whole)
        context.write(self.zone, context.path(self.zone, FIND, f"{self.name}.documents"), documents)
        places = [[n, a, b] for n, (a, b) in enumerate(spans) if b > a]
        out = {"file": self.file, "parts": places, "of": self.parts, "passages": keys.num_rows}
        return Receipt(FIND, self.name, "", {}, out)

    def _found(self, context: Context) -> tuple[pa.Table, pa.Table]:
        """Passages of every rule, and row, chars and doc_id of the kept rows."""
        judged = Index.load(context, self.index).files[self.file]
        keep = context.read(self.zone, context.path(self.zone, "deduplicate", f"{self.elect}.keep-{self.file:06d}"))
        wanted = keep["row"].to_numpy().astype(np.int64)
        path = context.path(judged.zone, "prepare", judged.staged)
        keys, documents = [KEYS.empty_table()], []
        for first, rows in context.groups(
            judged.zone, path, (int(wanted[0]), int(wanted[-1]) + 1), ["doc_id", "chars", "text"]
        ):
            here = wanted[(wanted >= first) & (wanted < first + rows.num_rows)]
            rows = rows.take(pa.array(here - first))
            keys += self._keys(context, rows["text"].combine_chunks(), here)
            documents.append(pa.table({"row": here, "chars": rows["chars"], "doc_id": rows["doc_id"]}))
        return pa.concat_tables(keys), pa.concat_tables(documents)

    def _keys(self, context: Context, text: pa.LargeStringArray, rows: np.ndarray) -> Iterator[pa.Table]:
        seed = int.from_bytes(context.keys.secret("text-key")[:8], "little")
        for rule, settings in enumerate(context.plan.recipe.deduplicate.passages):
            found = find(text, rows, level=settings.unit, min_chars=settings.at_least_chars, seed=seed)
            yield found.add_column(0, KEYS.field("rule"), pa.array(np.full(found.num_rows, rule, np.int8)))


@dataclass(frozen=True)
class RepeatsTask:
    """One part of the passages of every file."""

    name: str
    zone: str
    index: str
    keys: tuple[int, int]  # of the part, first and last
    found: tuple[tuple[str, int, int, int], ...]  # (Find task, file, first row, end)
    documents: tuple[tuple[int, str], ...]  # (file, Find task) that lists its documents
    weight: int
    stage: str = REPEATS

    def run(self, context: Context) -> Receipt:
        """Writes where passages are to be cut, sorted by document, and which rows and content each file has."""
        index = Index.load(context, self.index)
        keys = self._repeated(context, index)
        places = [PLACES.empty_table()]
        for rule, settings in enumerate(context.plan.recipe.deduplicate.passages):
            mine = keys.filter(pl.col("rule") == rule)
            places += [self._places(context, index, group, rule, settings) for group in _scopes(mine, index, settings)]
        table = pa.concat_tables(places).sort_by([(name, "ascending") for name in ("document", "rule", "begin")])
        context.write(self.zone, context.path(self.zone, REPEATS, self.name), table)
        counted = Counter(table["rule"].to_pylist())
        out = {
            "files": _by_file(table),
            "places": table.num_rows,
            "rules": [[r, n] for r, n in sorted(counted.items())],
            "met": keys.filter(pl.col("doc") >= _first_released(index) << ROW_BITS).height,
        }
        return Receipt(REPEATS, self.name, "", {}, out)

    def _repeated(self, context: Context, index: Index) -> pl.DataFrame:
        """Passages met more than once, released ones at place 0 to 0.

        Half of each key tells which may be; the rest, most of them, is never held.
        """
        halves = np.sort(
            np.concatenate([np.empty(0, np.int64), *(k["high"] for _, k in self._read(context, ["high"]))])
        )
        released = self._released(context, index, np.unique(halves))
        twice = np.union1d(halves[1:][halves[1:] == halves[:-1]], released["high"].to_numpy())
        parts = [pl.DataFrame(KEYS.empty_table())]
        for file, keys in self._read(context, KEYS.names):
            mine = pl.DataFrame(keys).filter(pl.col("high").is_in(pl.Series(twice).implode()))
            parts.append(mine.with_columns(doc=pl.Series(numbers(file, mine["doc"].to_numpy()), dtype=pl.Int64)))
        new = pl.concat(parts)
        # Of a released passage the index has half the hash: the other half is that of the passage it is met by.
        old = released.join(new.select("rule", "high", "low").unique(), on=["rule", "high"])
        whole = pl.concat(
            [new, old.with_columns(begin=pl.lit(0, pl.Int64), end=pl.lit(0, pl.Int64)).select(new.columns)]
        )
        return whole.filter(pl.len().over("rule", "high", "low") > 1)

    def _released(self, context: Context, index: Index, wanted: np.ndarray) -> pl.DataFrame:
        """rule, high and doc of the released documents that have one of these passages."""
        parts = [pl.DataFrame(KEYS.empty_table()).select("rule", "high", "doc")]
        for release in context.plan.released:
            known, docs = load(context, release), numbered(context, index, release)
            for rule, settings in enumerate(context.plan.recipe.deduplicate.passages):
                if known.holds(settings.unit, settings.at_least_chars):
                    for rows in known.passages_of(context.keys, settings.unit, *self.keys):
                        mine = passage_index.met(rows, wanted)
                        doc = docs[mine["member"].to_numpy()]
                        frame = pl.DataFrame({"high": mine["key"].to_numpy(), "doc": doc}).filter(
                            pl.Series(present(context, index, doc))
                        )
                        parts.append(frame.select(pl.lit(rule, pl.Int8).alias("rule"), "high", "doc"))
        return pl.concat(parts)

    def _read(self, context: Context, columns: list[str]) -> Iterator[tuple[int, pa.Table]]:
        """This part of each file, a row group at a time."""
        for name, file, start, end in self.found:
            for rows in context.rows(self.zone, context.path(self.zone, FIND, name), (start, end), columns):
                yield file, rows

    def _places(
        self, context: Context, index: Index, keys: pl.DataFrame, rule: int, settings: PassageSettings
    ) -> pa.Table:
        known = self._documents(context, index, keys["doc"].unique().sort().to_numpy())
        ranks = pa.table({"doc": known["document"], "rank": survivor_ranks(context, index, known)})
        met = repeats(
            keys.select(PASSAGES.names).to_arrow(),
            ranks,
            documents_at_least=settings.at_least_documents,
            keep_first=settings.keep == "first",
        )
        ids = pl.DataFrame(known).select(first="document", id="doc_id")
        new = pl.Series(file_of(met["doc"].to_numpy()) < _first_released(index))
        named = pl.DataFrame(met).filter(new).join(ids, on="first", how="left", maintain_order="left")
        stays = pl.col("id") if settings.keep == "first" else pl.lit(None, pl.String)
        whole = named.select("begin", "end", "documents", document="doc", rule=pl.lit(rule, pl.Int8), first=stays)
        return whole.select(PLACES.names).to_arrow().cast(PLACES)

    def _documents(self, context: Context, index: Index, wanted: np.ndarray) -> pa.Table:
        """document, doc_id and chars of these documents, which are sorted."""
        files, tables = dict(self.documents), []
        first = np.searchsorted(wanted, _first_released(index) << ROW_BITS)
        known = anchors(context, index, wanted[first:]).add_column(0, "document", pa.array(wanted[first:]))
        wanted = wanted[:first]
        for file in np.unique(file_of(wanted)).tolist():
            table = context.read(self.zone, context.path(self.zone, FIND, f"{files[file]}.documents"))
            rows = row_of(wanted[file_of(wanted) == file])
            table = table.take(pa.array(np.searchsorted(table["row"].to_numpy(), rows)))
            tables.append(table.set_column(0, "document", pa.array(numbers(file, rows))))
        columns = ["document", "doc_id", "chars"]
        return pa.concat_tables([*(table.select(columns) for table in tables), known.select(columns)])


def _first_released(index: Index) -> int:
    """Number of the first file of what is released; all that there are where nothing is."""
    return next((number for number, file in enumerate(index.files) if file.release is not None), len(index.files))


def _scopes(keys: pl.DataFrame, index: Index, settings: PassageSettings) -> list[pl.DataFrame]:
    """Passages by source where they are counted so, else together."""
    if settings.scope == "corpus":
        return [keys]
    names = {name: number for number, name in enumerate(dict.fromkeys(f.source for f in index.files))}
    source = [names[index.files[f].source] for f in file_of(keys["doc"].to_numpy()).tolist()]
    return keys.with_columns(source=pl.Series(source, dtype=pl.Int32)).partition_by("source", maintain_order=True)


def _by_file(table: pa.Table) -> list[list[Any]]:
    """[file, first row, end, digest of the rows] of each file in a table sorted by document."""
    files = file_of(table["document"].to_numpy())
    starts = np.flatnonzero(np.diff(files, prepend=-1)).tolist()
    found = []
    for start, end in pairwise([*starts, len(files)]):
        rows = table.slice(start, end - start)
        said = [row_of(rows["document"].to_numpy()), *(rows[name].to_numpy() for name in ("rule", "begin", "end"))]
        digest = blake3(b"".join(column.astype("<i8").tobytes() for column in [*said, rows["documents"].to_numpy()]))
        digest.update("\n".join(name or "" for name in rows["first"].to_pylist()).encode())
        found.append([int(files[start]), start, end, base32(digest.digest(length=16))])
    return found


def find_tasks(context: Context, index: Index, elect: Receipt) -> list[FindTask]:
    """One task for each staged file of which something is kept; none where the recipe asks for no passages."""
    plan = context.plan
    if not plan.recipe.deduplicate.passages:
        return []
    digests = {part[0]: part[3] for shard in elect.out["shards"] for part in shard["parts"]}
    size = sum(shard["bytes"] for shard in elect.out["shards"]) * len(plan.recipe.deduplicate.passages)
    count = 1 + max(size // PART_BYTES, sum(load(context, name).held for name in plan.released) // PART_HELD)
    return [
        FindTask(
            content_name(
                {"stage": FIND, "rows": digest, "staged": index.files[file].staged, "parts": count} | _asks(plan)
            ),
            plan.work_zone,
            index.name,
            elect.name,
            file,
            count,
            index.files[file].text_bytes,
        )
        for file, digest in sorted(digests.items())
    ]


def _asks(plan: Plan) -> dict[str, Any]:
    """What the recipe asks of passages, and the code that answers."""
    return {
        "rules": [settings.model_dump(mode="json") for settings in plan.recipe.deduplicate.passages],
        "key": plan.key_ids["text-key"],
        "code": [
            plan.families[k] for k in ("dedup", "stage-passages", "stage-ranks", "stage-released", "stage-lookup")
        ],
    }


def repeats_tasks(plan: Plan, index: Index, found: list[Receipt]) -> list[RepeatsTask]:
    """One task for each part."""
    listed = sorted((receipt.out["file"], receipt.name, receipt.out["parts"]) for receipt in found)
    count = found[0].out["of"] if found else 1
    parts: dict[int, list[tuple[str, int, int, int]]] = {}
    for file, name, places in listed:
        for part, start, end in places:
            parts.setdefault(part, []).append((name, file, start, end))
    documents = tuple((file, name) for file, name, _ in listed)
    decides = {"stage": REPEATS, "index": index.name, "documents": documents, "base": plan.base_release} | _asks(plan)
    decides["absent"] = plan.absent
    decides["order"] = [[s.name, s.restrictiveness, s.spec.priority] for s in (*plan.sources, *plan.carried)]
    return [
        RepeatsTask(
            content_name(decides | {"part": part}),
            plan.work_zone,
            index.name,
            (first_key(part, count), first_key(part + 1, count) - 1),
            tuple(places),
            documents,
            sum(end - start for _, _, start, end in places),
        )
        for part, places in sorted(parts.items())
    ]
