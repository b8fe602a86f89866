"""Prepare: decode, normalise, measure, destroy unique identifiers, sign; write staged Parquet.

It measures and never judges, so that a moved threshold re-reads nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Item, open_connector
from connectors.formats.contract import TO_END, WHOLE, Broken, Limits, Split
from connectors.formats.registry import splits
from connectors.gather import Gathered, Part, read_parts
from governance.erasure import Tombstones
from governance.records.errors import ErrorCode
from governance.records.ids import base32, content_name, doc_ids, keyed_digest, native_keys
from governance.records.schemas import BROKEN, STAGED
from pipelines.known import KnownValues
from pipelines.plan import Plan, SourcePlan
from pipelines.stages.blank import blank
from pipelines.stages.snapshot import load_items
from pipelines.tasks import Context, Receipt
from transforms.dedup.minhash import signatures
from transforms.dedup.presets import Preset, preset
from transforms.language.identify import identify
from transforms.pii.unique import destroy_unique_ids
from transforms.quality.rules import measure
from transforms.text.keys import raw_digests, text_keys
from transforms.text.normalise import normalise

STAGE = "prepare"
# Code that decides what a staged file holds.
PREPARING_FAMILIES = ("connectors", "text", "language", "quality", "pii", "dedup", "records", "stage-prepare")
_FREE = ("title", "url", "author")


@dataclass(frozen=True)
class PrepareTask:
    """Some items of one source, or a part of a large one."""

    name: str
    source: str
    zone: str
    parts: tuple[tuple[int, Split], ...]
    weight: int
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Reads the items, writes the staged rows and the broken ones."""
        return _Preparation(self, context).run()


def prepare_tasks(plan: Plan, source: SourcePlan, items: list[Item]) -> list[PrepareTask]:
    """Cuts a source into tasks: small items in bundles by hash of their names, large ones split.

    The number of bundles is a power of two, so that a source which grows a little keeps its bundles.
    """
    limit = plan.recipe.prepare.split_bytes
    small = [(n, item) for n, item in enumerate(items) if item.size <= limit]
    bundles: dict[int, list[tuple[int, Split]]] = {}
    count = 1 << max(0, (sum(item.size for _, item in small) // limit)).bit_length()
    for number, item in small:
        digest = hashlib.blake2b(item.name.encode(), digest_size=4).digest()
        bundles.setdefault(int.from_bytes(digest, "little") % count, []).append((number, WHOLE))
    groups = [bundles[key] for key in sorted(bundles)]
    for number, item in enumerate(items):
        if item.size > limit:
            groups += [[(number, split)] for split in splits(item, source.spec, limit)]
    return [_task(plan, source, items, group) for group in groups]


def _task(plan: Plan, source: SourcePlan, items: list[Item], parts: list[tuple[int, Split]]) -> PrepareTask:
    chosen = preset(plan.recipe.deduplicate.preset)
    name = content_name(
        {
            "stage": STAGE,
            "source": source.spec.model_dump(mode="json", exclude={"path", "terms", "priority"}),
            "items": [[items[n].name, items[n].digest, split.start, split.stop] for n, split in parts],
            "families": {family: plan.families[family] for family in PREPARING_FAMILIES},
            "signature": [chosen.width, chosen.bands, chosen.rows, chosen.seed],
            "keys": plan.key_ids,
            "max_record_bytes": plan.recipe.prepare.max_record_bytes,
            "sample": plan.sample,
        }
    )
    weight = sum((items[n].size if split.stop == TO_END else split.stop) - split.start for n, split in parts)
    return PrepareTask(name, source.name, source.snapshot.zone, tuple(parts), weight)


class _Preparation:
    """One task under way: counts what it meets while it streams batches into the staged file."""

    def __init__(self, task: PrepareTask, context: Context) -> None:
        self.task, self.context = task, context
        self.source = context.source(task.source)
        self.items = load_items(task.zone, context.home, context.keys)
        self.preset: Preset = preset(context.plan.recipe.deduplicate.preset)
        self.doc_key = context.keys.secret("doc-id")
        self.native_key = context.keys.secret("native-id")
        self.text_key = context.keys.secret("text-key")
        self.tombstones = Tombstones.load(context.home.tombstones, context.keys.secret("tombstone"))
        self.known = KnownValues.load(context.home.known_values, context.keys.secret("tombstone"))
        self.broken: list[dict[str, Any]] = []
        self.destroyed: Counter[str] = Counter()
        self.text_bytes = self.documents = 0

    def run(self) -> Receipt:
        task, context = self.task, self.context
        context.stream(task.zone, context.path(task.zone, STAGE, task.name), self._staged(), STAGED)
        broken = pa.Table.from_pylist(self.broken, schema=BROKEN)
        context.write(task.zone, context.path(task.zone, STAGE, f"{task.name}.broken"), broken)
        lost = Counter((row["unit"], row["code"]) for row in self.broken)
        lost_documents = sum(n for (unit, _), n in lost.items() if unit == "document")
        return Receipt(
            STAGE,
            task.name,
            task.source,
            books={
                "in": self.documents + lost_documents,
                "kept": self.documents,
                "dropped": 0,
                "broken": lost_documents,
            },
            out={
                "zone": task.zone,
                "rows": self.documents,
                "text_bytes": self.text_bytes,
                "read_bytes": task.weight,
                "items": sorted({number for number, _ in task.parts}),
                "broken_items": sorted({row["item"] for row in self.broken if row["unit"] == "item"}),
                "broken": [[unit, code, n] for (unit, code), n in sorted(lost.items())],
                "destroyed": dict(sorted(self.destroyed.items())),
            },
        )

    def _staged(self) -> Iterator[pa.RecordBatch]:
        plan, source = self.context.plan, self.source.spec
        limits = Limits(batch_rows=plan.batch_rows, max_record_bytes=plan.recipe.prepare.max_record_bytes)
        parts = [Part(number, self.items[number], split) for number, split in self.task.parts]
        for found in read_parts(open_connector(source), source, parts, limits=limits):
            if isinstance(found, Gathered):
                yield from self._prepare(found)
                if plan.sample is not None and self.documents >= plan.sample:
                    return
            else:
                number, broken = found
                self._lose(number, broken)

    def _lose(self, number: int, broken: Broken) -> None:
        where = f"{self.items[number].digest}:{broken.offset}:{broken.length}:{broken.locator}".encode()
        self.broken.append(
            {
                "source": self.source.name,
                "item": number,
                "unit": broken.unit,
                "code": broken.code.value,
                "offset": broken.offset,
                "length": broken.length,
                "locator": broken.locator,
                "digest": base32(keyed_digest(self.native_key, where)),
            }
        )

    def _prepare(self, found: Gathered) -> Iterator[pa.RecordBatch]:
        sample = self.context.plan.sample
        rows = pa.record_batch([*found.batch.columns, found.numbers], names=[*found.batch.schema.names, "item"])
        rows = rows if sample is None else rows.slice(0, sample - self.documents)
        rows = rows.append_column("clean", normalise(rows.column("text")))
        empty = pc.equal(pc.binary_length(rows.column("clean")), 0).fill_null(True)
        if pc.any(empty).as_py():
            for row in rows.filter(empty).select(["item", "offset", "length", "locator"]).to_pylist():
                place = (row["offset"], row["length"], row["locator"])
                self._lose(row["item"], Broken("document", ErrorCode.EMPTY_TEXT, *place))
            rows = rows.filter(pc.invert(empty))
        if rows.num_rows:
            yield self._stage(rows)

    def _stage(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        items = [self.items[number] for number in batch["item"].to_pylist()]
        natives = [
            native if native is not None else item.name + locator
            for native, item, locator in zip(
                batch["native_id"].to_pylist(), items, batch["locator"].to_pylist(), strict=True
            )
        ]
        named = native_keys(self.native_key, self.source.name, natives)
        text, destroyed = destroy_unique_ids(self.known.destroy(batch.column("clean"), named))
        measures = measure(text)
        size = pc.binary_length(text).cast(pa.int32())
        free = {name: self.known.destroy(self._clean_field(batch.column(name)), named) for name in _FREE}
        self._count(destroyed, batch.num_rows, pc.sum(size).as_py())
        columns = {
            "doc_id": doc_ids(self.doc_key, self.source.name, natives, raw_digests(batch.column("text"))),
            # What names a document is kept apart, keyed: an id that is a person's number is not needed to find it.
            "native_id": destroy_unique_ids(pa.array(natives, pa.large_string()))[0].cast(pa.string()),
            "native_key": pa.array(named, pa.binary(16)),
            "item": batch["item"],
            "offset": batch["offset"],
            "length": batch["length"],
            "text": text,
            **free,
            "published_at": batch["published_at"],
            "collected_at": pa.array([item.modified * 1_000_000 for item in items], STAGED.field("collected_at").type),
            "domain": pc.coalesce(self._clean_field(batch["domain"]), pa.scalar(self.source.spec.domain, pa.string())),
            "language": identify(text, measures),
            "chars": pc.utf8_length(text).cast(pa.int32()),
            "bytes": size,
            "quality": measures,
            "destroyed": destroyed,
            "text_key": text_keys(text, self.text_key),
            "signature": self._signatures(text),
        }
        return self._without_erased(pa.RecordBatch.from_pydict(columns, schema=STAGED))

    def _without_erased(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """What was erased is not even staged again: its row stands, blanked, for the books."""
        table = pa.Table.from_batches([batch])
        erased = self.tombstones.matches(table)
        return blank(table, erased).combine_chunks().to_batches()[0] if erased.any() else batch

    def _signatures(self, text: pa.LargeStringArray) -> pa.Array:
        chosen = self.preset
        rows = signatures(text, width=chosen.width, seed=chosen.seed, a=chosen.a, b=chosen.b)
        data = rows.astype("<u4", copy=False)
        offsets = pa.array(range(0, (len(data) + 1) * data.shape[1] * 4, data.shape[1] * 4), pa.int32())
        return pa.Array.from_buffers(pa.binary(), len(data), [None, offsets.buffers()[1], pa.py_buffer(data.tobytes())])

    @staticmethod
    def _clean_field(column: pa.Array) -> pa.Array:
        if column.null_count == len(column):
            return column
        return destroy_unique_ids(normalise(column.cast(pa.large_string())))[0].cast(pa.string())

    def _count(self, destroyed: pa.Array, rows: int, text_bytes: int) -> None:
        self.documents += rows
        self.text_bytes += text_bytes
        for entry in pc.list_flatten(destroyed).to_pylist():
            self.destroyed[entry["kind"]] += entry["count"]
