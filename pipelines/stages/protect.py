"""Protect: read the kept rows, decontaminate, scrub, and write one shard of one source and licence class."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.parquet import ReleasedWriter
from governance.records.errors import ConfigError
from governance.records.ids import content_name
from governance.records.schemas import DECISION, DOCUMENT, PII_STRUCT, SPAN
from governance.records.settings import nearest
from governance.records.storage import Location
from pipelines.plan import Plan
from pipelines.recipe import ProtectSettings
from pipelines.stages.contamination import RULE, Contamination
from pipelines.stages.index import Index
from pipelines.tasks import Context, Receipt
from transforms.pii.kinds import PIPA_CLASS, PipaClass
from transforms.pii.policy import PiiPolicy, parse_policy
from transforms.pii.protect import protect

STAGE = "protect"
# Code that decides what a shard holds; what made its staged rows is in their names.
DECIDING_FAMILIES = ("pii", "decontaminate", "records", "stage-protect", "stage-contamination")
_SCRUBBED = ("text", "title", "url", "author")
_READ = ["doc_id", *_SCRUBBED, "published_at", "collected_at", "domain", "language", "quality"]
_INDEX = pa.schema([("doc_id", pa.string()), ("row", pa.int64())])


@dataclass(frozen=True)
class Part:
    """Kept rows [start, stop) of one judged file."""

    file: int
    start: int
    stop: int


@dataclass(frozen=True)
class ProtectTask:
    """One shard."""

    name: str
    zone: str
    source: str
    index: str
    elect: str
    path: str  # of the shard, relative to the corpus
    release_id: str
    parts: tuple[Part, ...]
    weight: int
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes the shard and, in the restricted zone, where each document landed and what was found in it."""
        return _Shard(self, context).run()


class _Shard:
    """One shard under way."""

    def __init__(self, task: ProtectTask, context: Context) -> None:
        self.task, self.context = task, context
        self.source = context.source(task.source)
        self.policy = pii_policy(context.plan)
        epoch = context.plan.recipe.protect.epoch
        self.key = context.keys.secret(f"pseudonym/{task.source}/{epoch}")
        self.contamination = Contamination.load(context)
        self.spans: list[pa.Table] = []
        self.dropped: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.actions: Counter[tuple[str, str]] = Counter()
        self.entered = 0

    def run(self) -> Receipt:
        task, context = self.task, self.context
        target = context.home.corpus(context.plan.recipe.corpus) / task.path
        with ReleasedWriter(target, DOCUMENT) as writer:
            for batch in self._batches():
                writer.write(batch)
        ids = pa.table({"doc_id": self.ids, "row": np.arange(len(self.ids))}, schema=_INDEX)
        self._keep("index", ids)
        self._keep("spans", pa.concat_tables([SPAN.empty_table(), *self.spans]))
        self._keep("decisions", pa.Table.from_pylist(self.dropped, schema=DECISION))
        return Receipt(
            STAGE,
            task.name,
            task.source,
            books={"in": self.entered, "kept": len(self.ids), "dropped": len(self.dropped), "broken": 0},
            out={
                "path": task.path,
                "sha256": sha256_of(target),
                "bytes": target.stat().st_size,
                "rows": len(self.ids),
                "text_bytes": task.weight,
                "release_id": task.release_id,
                "licence": self.source.licence,
                "licence_class": self.source.licence_class,
                "actions": [[kind, action, n] for (kind, action), n in sorted(self.actions.items())],
                "rules": {RULE: len(self.dropped)} if self.dropped else {},
            },
        )

    def _keep(self, what: str, table: pa.Table) -> None:
        path = self.context.path(self.task.zone, STAGE, f"{self.task.name}.{what}")
        self.context.write(self.task.zone, path, table)

    def _batches(self) -> Iterator[pa.Table]:
        index = Index.load(self.context, self.task.index)
        for part in self.task.parts:
            judged = index.files[part.file]
            name = f"{self.task.elect}.keep-{part.file:06d}"
            keep = self.context.read(self.task.zone, self.context.path(self.task.zone, "deduplicate", name))
            keep = keep.slice(part.start, part.stop - part.start)
            path = self.context.path(judged.zone, "prepare", judged.staged)
            for rows, sizes in self._staged(judged.zone, path, keep):
                self.entered += rows.num_rows
                yield from self._documents(rows, sizes)

    def _staged(self, zone: str, path: Location, keep: pa.Table) -> Iterator[tuple[pa.Table, pa.Array]]:
        wanted, sizes = keep["row"].to_numpy(), keep["cluster_size"].to_numpy()
        if not len(wanted):
            return
        for first, rows in self.context.groups(zone, path, (int(wanted[0]), int(wanted[-1]) + 1), _READ):
            low, high = np.searchsorted(wanted, [first, first + rows.num_rows])
            yield rows.take(pa.array(wanted[low:high] - first)), pa.array(sizes[low:high], pa.int32())

    def _documents(self, rows: pa.Table, sizes: pa.Array) -> Iterator[pa.Table]:
        rows = rows.append_column("cluster_size", sizes)
        if self.contamination is not None:
            clean, lost = self.contamination.split(rows, self.source.name)
            rows, self.dropped = rows.filter(clean), self.dropped + lost
        if not rows.num_rows:
            return
        fields = {name: rows[name].combine_chunks() for name in _SCRUBBED}
        ids = rows["doc_id"].combine_chunks()
        safe = protect(fields, ids, policy=self.policy, key=self.key)
        self.ids += ids.to_pylist()
        self.spans.append(safe.spans)
        self._count(safe.spans)
        yield self._rows(rows, safe.fields, safe.counts)

    def _count(self, spans: pa.Table) -> None:
        grouped = spans.group_by(["kind", "action"]).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            self.actions[(row["kind"], row["action"])] += row["count_all"]

    def _rows(self, rows: pa.Table, fields: dict[str, pa.Array], counts: pa.Array) -> pa.Table:
        count, source = rows.num_rows, self.source
        level = pa.repeat(pa.scalar(pii_level(self.context.plan)), count)
        same = {
            "source": source.name,
            "sector": source.spec.sector,
            "licence": source.licence,
            "release_id": self.task.release_id,
        }
        columns = {
            name: rows[name] for name in ("doc_id", "published_at", "collected_at", "domain", "language", "quality")
        }
        columns |= {name: array.cast(pa.string()) for name, array in fields.items()}
        columns |= {name: pa.repeat(pa.scalar(value), count) for name, value in same.items()}
        columns["chars"] = pc.utf8_length(columns["text"]).cast(pa.int32())
        columns["pii"] = pa.StructArray.from_arrays([level, counts], fields=list(PII_STRUCT))
        columns["cluster_size"] = rows["cluster_size"]
        columns["lineage"] = pa.repeat(pa.scalar(self._lineage, pa.list_(pa.string())), count)
        return pa.table({field.name: columns[field.name] for field in DOCUMENT}).cast(DOCUMENT)

    @cached_property
    def _lineage(self) -> list[str]:
        return lineage_steps(self.context.plan)


def sha256_of(path: Location) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def lineage_steps(plan: Plan) -> list[str]:
    """Step@version of everything a document went through, as every row carries it."""
    return [
        f"{family}@{plan.families[family][:8]}"
        for family in ("connectors", "text", "language", "quality", "dedup", "pii")
    ]


def pii_policy(plan: Plan) -> PiiPolicy:
    """The recipe's policy on personal data: kinds that are skipped are not looked for.

    Raises:
        ConfigError: every problem of the section; a unique identifier cannot be skipped.
    """
    return policy_of(plan.recipe.protect)


def policy_of(settings: ProtectSettings) -> PiiPolicy:
    """The policy that a `protect` section states.

    Raises:
        ConfigError: as `pii_policy`.
    """
    try:
        policy = parse_policy(settings.model_dump(exclude={"epoch", "skip"}, exclude_none=True))
    except ConfigError as error:
        # The package speaks of its own section; in a recipe that section is `protect`.
        raise ConfigError([f"protect{problem.removeprefix('pii')}" for problem in error.problems]) from None
    problems = [problem for kind in settings.skip for problem in _skip_problems(kind, policy)]
    if problems:
        raise ConfigError(problems)
    return replace(policy, actions={kind: act for kind, act in policy.actions.items() if kind not in settings.skip})


def _skip_problems(kind: str, policy: PiiPolicy) -> list[str]:
    known = {str(name): PIPA_CLASS[name] for name in policy.actions}
    if kind not in known:
        return [f"protect.skip: {kind!r} is unknown{nearest(kind, known)}"]
    if known[kind] is PipaClass.UNIQUE_ID:
        return [f"protect.skip: {kind}: unique identifiers are always destroyed"]
    return []


def pii_level(plan: Plan) -> str:
    """`pseudonymised`, or `raw` where the recipe skips a kind: then the policies do not share it like the rest."""
    return "raw" if plan.recipe.protect.skip else "pseudonymised"


def protect_tasks(plan: Plan, index: Index, elect: Receipt, live: dict[str, str]) -> list[ProtectTask]:
    """One task for each planned shard; a shard that the base release holds already keeps its file.

    Args:
        live: shard key -> path of the shards in the base release.
    """
    tasks = []
    for planned in elect.out["shards"]:
        source = plan.source(planned["source"])
        key = content_name(_decides(plan, planned))
        path = live.get(key) or f"shards/{source.name}/{source.licence_class}/{key}.{plan.release_id[:8]}.parquet"
        parts = tuple(Part(file, start, stop) for file, start, stop, *_ in planned["parts"])
        release = plan.release_id if key not in live else str(plan.base_release)
        name, size = protect_name(path), planned["bytes"]
        tasks.append(ProtectTask(name, plan.work_zone, source.name, index.name, elect.name, path, release, parts, size))
    return tasks


def protect_name(path: str) -> str:
    """Name of the task that writes the shard at this path."""
    return content_name({"stage": STAGE, "path": path})


def shard_key(path: str) -> str:
    """The part of a shard's path that names its content."""
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def _decides(plan: Plan, planned: dict[str, Any]) -> dict[str, Any]:
    """All that decides a shard's rows, the release that first writes it left out."""
    source = plan.source(planned["source"])
    return {
        "stage": STAGE,
        "source": [source.name, source.spec.sector, source.spec.domain, source.licence, source.licence_class],
        "parts": [[start, stop, digest, staged] for _, start, stop, digest, staged in planned["parts"]],
        "protect": plan.recipe.protect.model_dump(mode="json"),
        "decontaminate": [plan.recipe.decontaminate.model_dump(mode="json"), plan.benchmarks],
        "families": {family: plan.families[family] for family in DECIDING_FAMILIES},
        "keys": plan.key_ids,
        "schema": DOCUMENT.metadata[b"malmoi.schema_version"].decode(),
    }
