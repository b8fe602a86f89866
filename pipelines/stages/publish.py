"""Publish: ledgers, clusters, index, card and manifest beside the shards, then one Delta transaction.

Everything before the transaction is invisible: no version names it. Everything here is a function of the plan, the
receipts and the keys; times and attempts are kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
import pyarrow as pa

from governance.delta import Shard, VersionConflictError, commit, next_version
from governance.ledger import write_cuts, write_ledger, write_sentences, write_spans
from governance.manifest import Book
from governance.parquet import write_released
from governance.records.errors import BusyError
from governance.records.ids import canonical_json
from governance.records.schemas import BROKEN, CUT, DECISION, DOCUMENT, SENTENCE, SPAN
from governance.records.storage import Location, write_bytes
from pipelines.books import require_accounted
from pipelines.releases import ReleaseRecord
from pipelines.stages.carry import carried_shards, stopped_decisions, with_carried_clusters, with_carried_index
from pipelines.stages.describe import attribution, card, manifest, released
from pipelines.stages.elect import AGAIN, RULE
from pipelines.stages.remember import remember
from pipelines.tasks import Context, Receipt

STAGE = "publish"
KEPT_RULE = "released@1"
_ATTEMPTS = 5
_CLUSTER_COLUMNS = ["doc_id", "survivor_id", "similarity", "rule", "outcome", "cluster_size"]


def publish(context: Context, receipts: Sequence[Receipt], lines: Sequence[Book]) -> int:
    """Writes the release and commits it; returns its Delta version. Repeating it does nothing new.

    Raises:
        IntegrityError: the shards hold other documents than the books say.
        BusyError: other commits kept coming between; nothing was published.
    """
    plan = context.plan
    root = context.home.corpus(plan.recipe.corpus)
    directory = context.home.release(plan.recipe.corpus, plan.release_id)
    made = _shards(root, receipts)
    shards = sorted([*made, *carried_shards(context, made)], key=lambda shard: shard.path)
    require_accounted(lines, {line.source: line.kept for line in released(shards)})
    remember(context, receipts)
    write_records(context, receipts, lines, shards)
    for _ in range(_ATTEMPTS):
        version = next_version(root, plan.release_id)
        for name, envelope in manifest(context, shards, directory, version, lines).items():
            write_bytes(directory / name, envelope)
        try:
            return commit(root, release_id=plan.release_id, shards=shards, expected_version=version, schema=DOCUMENT)
        except VersionConflictError:
            continue
    raise BusyError(f"{plan.recipe.corpus}: other commits came between {_ATTEMPTS} times; run again when they are done")


def _shards(root: Location, receipts: Sequence[Receipt]) -> list[Shard]:
    made = [r for r in receipts if r.stage == "protect" and r.out["rows"]]
    return [
        Shard.of(root, r.out["path"], r.source, r.out["licence_class"])
        for r in sorted(made, key=lambda r: r.out["path"])
    ]


def write_records(
    context: Context, receipts: Sequence[Receipt], lines: Sequence[Book], shards: Sequence[Shard]
) -> None:
    """Writes what stands beside the shards; all of it belongs to the identical set."""
    plan, parts = context.plan, _Parts(context, receipts)
    directory = context.home.release(plan.recipe.corpus, plan.release_id)
    for source in plan.sources:
        write_ledger(directory / "ledger" / f"decisions-{source.name}.parquet", parts.decisions(source.name))
        write_spans(directory / "ledger" / f"spans-{source.name}.parquet", parts.spans(source.name))
        write_sentences(directory / "ledger" / f"sensitive-{source.name}.parquet", parts.sentences(source.name))
        cuts = parts.cuts(source.name)
        if cuts.num_rows:
            write_cuts(directory / "ledger" / f"cuts-{source.name}.parquet", cuts)
    for name, table in stopped_decisions(context).items():
        write_ledger(directory / "ledger" / f"decisions-{name}.parquet", table)
    write_released(directory / "index.parquet", parts.index())
    write_released(directory / "clusters.parquet", parts.clusters())
    write_released(directory / "broken.parquet", parts.broken())
    write_bytes(directory / "books.json", canonical_json([asdict(line) for line in lines]))
    write_bytes(directory / "ATTRIBUTION.md", attribution(plan))
    write_bytes(directory / "README.md", card(context, shards, receipts, lines))
    stopped = [refusal.model_dump(mode="json") for refusal in plan.stopped]
    named = (plan.recipe.corpus, plan.release_id, plan.core, plan.base_release, "run")
    ReleaseRecord(*named, adds=bool(plan.released), stopped=stopped).save(directory)


class _Parts:
    """What the tasks left, put together."""

    def __init__(self, context: Context, receipts: Sequence[Receipt]) -> None:
        self.context, self.zone = context, context.plan.work_zone
        self.by_stage: dict[str, list[Receipt]] = {}
        for receipt in sorted(receipts, key=lambda r: r.name):
            self.by_stage.setdefault(receipt.stage, []).append(receipt)

    def _read(self, stage: str, name: str) -> pa.Table:
        return self.context.read(self.zone, self.context.path(self.zone, stage, name))

    def _protected(self, source: str | None, what: str) -> Iterator[tuple[Receipt, pa.Table]]:
        for receipt in self.by_stage.get("protect", []):
            if source in (None, receipt.source):
                yield receipt, self._read("protect", f"{receipt.name}.{what}")

    def decisions(self, source: str) -> pa.Table:
        """Every decision on every document of a source."""
        elected = self._read("deduplicate", f"{self.by_stage['deduplicate'][0].name}.decisions")
        found = [
            self._judged(receipt) for receipt in self.by_stage.get("judge", []) if receipt.out["staged"][0] == source
        ]
        found.append(pl.DataFrame(elected).filter(pl.col("source") == source).to_arrow().cast(DECISION))
        found += [table for _, table in self._protected(source, "decisions")]
        found += [_kept(table, source) for _, table in self._protected(source, "index")]
        return pa.concat_tables([DECISION.empty_table(), *found])

    def _judged(self, receipt: Receipt) -> pa.Table:
        table = self.context.read(
            self.zone,
            self.context.path(self.zone, "judge", receipt.name),
            ["doc_id", "keep", "rule", "measured", "bound"],
        )
        dropped = pl.DataFrame(table).filter(~pl.col("keep"))
        return _decided(dropped, receipt.out["staged"][0], "judge", "dropped")

    def spans(self, source: str) -> pa.Table:
        """Every span found in a source."""
        return pa.concat_tables([SPAN.empty_table(), *(table for _, table in self._protected(source, "spans"))])

    def sentences(self, source: str) -> pa.Table:
        """Every sentence of a source that speaks of something sensitive."""
        found = (table for _, table in self._protected(source, "sensitive"))
        return pa.concat_tables([SENTENCE.empty_table(), *found])

    def cuts(self, source: str) -> pa.Table:
        """Every passage that was cut from a source."""
        return pa.concat_tables([CUT.empty_table(), *(table for _, table in self._protected(source, "cuts"))])

    def index(self) -> pa.Table:
        """Where every released document stands: doc_id, source, shard, row."""
        frames = [
            pl.DataFrame(table).with_columns(source=pl.lit(receipt.source), shard=pl.lit(receipt.out["path"]))
            for receipt, table in self._protected(None, "index")
        ]
        schema = {"doc_id": pl.String, "source": pl.String, "shard": pl.String, "row": pl.Int64}
        whole = pl.concat(frames).select(list(schema)) if frames else pl.DataFrame(schema=schema)
        return _plain(with_carried_index(self.context, whole).sort("doc_id"))

    def clusters(self) -> pa.Table:
        """Members of every cluster with more than one."""
        clusters = pl.DataFrame(self._read("deduplicate", f"{self.by_stage['deduplicate'][0].name}.clusters"))
        told = clusters.filter(~AGAIN).with_columns(rule=RULE).select(_CLUSTER_COLUMNS)
        return _plain(with_carried_clusters(self.context, told).sort("survivor_id", "doc_id"))

    def broken(self) -> pa.Table:
        """Pointers to everything that could not be read."""
        tables = [
            self.context.read(r.out["zone"], self.context.path(r.out["zone"], "prepare", f"{r.name}.broken"))
            for r in self.by_stage.get("prepare", [])
        ]
        return pa.concat_tables([BROKEN.empty_table(), *tables]).sort_by([(name, "ascending") for name in BROKEN.names])


def _kept(index: pa.Table, source: str) -> pa.Table:
    kept = pl.DataFrame(index).select(
        "doc_id", rule=pl.lit(KEPT_RULE), measured=pl.lit(None, pl.Float64), bound=pl.lit(None, pl.Float64)
    )
    return _decided(kept, source, STAGE, "kept")


def _decided(frame: pl.DataFrame, source: str, stage: str, outcome: str) -> pa.Table:
    columns: dict[str, Any] = {
        "source": pl.lit(source),
        "stage": pl.lit(stage),
        "outcome": pl.lit(outcome),
        "code": pl.lit(None, pl.String),
        "related": pl.lit(None, pl.String),
    }
    return frame.with_columns(**columns).select(DECISION.names).to_arrow().cast(DECISION)


def _plain(frame: pl.DataFrame) -> pa.Table:
    """Arrow with plain strings: large ones break Delta readers."""
    table = frame.to_arrow()
    fields = [
        pa.field(f.name, pa.string() if f.type in (pa.large_string(), pa.string_view()) else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))
