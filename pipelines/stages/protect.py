"""Protect: read the kept rows, decontaminate, scrub, and write one shard of one source and licence class."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.parquet import ReleasedWriter
from governance.records.errors import ConfigError
from governance.records.ids import content_name
from governance.records.schemas import CUT, DECISION, DOCUMENT, PII_STRUCT, SENTENCE, SPAN
from governance.records.settings import nearest
from governance.records.storage import Location
from pipelines.plan import Plan
from pipelines.recipe import ProtectSettings
from pipelines.stages.contamination import Contamination
from pipelines.stages.cutting import MARKS, Place, Repeated, cut_marked, decision
from pipelines.stages.index import Index
from pipelines.stages.sensitive import FIELDS, Tagged, tag, totals
from pipelines.tasks import Context, Receipt
from transforms.pii.combination import Limit, limit
from transforms.pii.kinds import PIPA_CLASS, UNIQUE_IDS, PipaClass
from transforms.pii.policy import Action, PiiPolicy, parse_policy
from transforms.pii.protect import Protected, protect
from transforms.pii.scan import scan

STAGE = "protect"
# Code that decides what a shard holds; what made its staged rows is in their names.
DECIDING_FAMILIES = (
    "pii",
    "decontaminate",
    "records",
    "stage-protect",
    "stage-contamination",
    "stage-cutting",
    "stage-sensitive",
)
_SCRUBBED = ("text", "title", "url", "author")
READ = ["doc_id", *_SCRUBBED, "published_at", "collected_at", "domain", "language", "quality"]
_NOT_POLICY = {"epoch", "skip", "combination", "late_unique_bound", "sensitive"}
COMBINATION_RULE, LATE_RULE, SENSITIVE_RULE = "combination@1", "late_unique@1", "sensitive_{}@1"
_UNIQUE = pa.array([kind.value for kind in UNIQUE_IDS])
_INDEX = pa.schema([("doc_id", pa.string()), ("row", pa.int64())])


@dataclass(frozen=True)
class Part:
    """Kept rows [start, stop) of one judged file, and where to find the passages to cut of it."""

    file: int
    start: int
    stop: int
    cuts: tuple[Place, ...] = ()


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
        self.sentences: list[pa.Table] = [SENTENCE.empty_table()]
        self.tags: list[pa.Array] = []
        self.decisions: list[dict[str, Any]] = []
        self.cuts: list[pa.Table] = [CUT.empty_table()]
        self.chars_cut = 0
        self.ids: list[str] = []
        self.late: list[str] = []
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
        self._keep("late", pa.table({"doc_id": pa.array(self.late, pa.string())}))
        self._keep("spans", pa.concat_tables([SPAN.empty_table(), *self.spans]))
        self._keep("sensitive", pa.concat_tables(self.sentences))
        self._keep("decisions", pa.Table.from_pylist(self.decisions, schema=DECISION))
        cuts = pa.concat_tables(self.cuts)
        self._keep("cuts", cuts)
        dropped = Counter(entry["rule"] for entry in self.decisions if entry["outcome"] == "dropped")
        return Receipt(
            STAGE,
            task.name,
            task.source,
            books={"in": self.entered, "kept": len(self.ids), "dropped": dropped.total(), "broken": 0},
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
                "sensitive": totals(self.tags),
                "rules": dict(sorted(dropped.items())),
                "late": len(self.late),
                "cuts": _counted(cuts, self.chars_cut),
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
            repeated = Repeated.load(self.context, self.task.zone, part.cuts)
            for rows, sizes in self._staged(judged.zone, path, keep):
                self.entered += rows.num_rows
                marks = repeated.marks(self.context, part.file, rows["row"].to_numpy()) if repeated else None
                yield from self._documents(rows.append_column("cluster_size", sizes), marks)

    def _staged(self, zone: str, path: Location, keep: pa.Table) -> Iterator[tuple[pa.Table, pa.Array]]:
        wanted, sizes = keep["row"].to_numpy(), keep["cluster_size"].to_numpy()
        if not len(wanted):
            return
        for first, rows in self.context.groups(zone, path, (int(wanted[0]), int(wanted[-1]) + 1), READ):
            low, high = np.searchsorted(wanted, [first, first + rows.num_rows])
            here = wanted[low:high]
            rows = rows.take(pa.array(here - first)).append_column("row", pa.array(here, pa.int64()))
            yield rows, pa.array(sizes[low:high], pa.int32())

    def _cut(self, rows: pa.Table, marks: pa.Table | None) -> pa.Table:
        """The rows without what comes back elsewhere and what holds a benchmark item; both are sought in all of it."""
        marks = MARKS.empty_table() if marks is None else marks
        if self.contamination is not None:
            found = self.contamination.search(rows, self.source.name)
            self.decisions += found.decisions
            rows, marks = _kept_marks(rows, found.stays, pa.concat_tables([marks, found.marks]))
        outcome = cut_marked(rows, marks, self.source.name)
        self.decisions += outcome.decisions
        self.cuts.append(outcome.cuts)
        self.chars_cut += outcome.chars
        return outcome.rows

    def _documents(self, rows: pa.Table, marks: pa.Table | None) -> Iterator[pa.Table]:
        rows = self._cut(rows, marks)
        if not rows.num_rows:
            return
        fields = {name: rows[name].combine_chunks() for name in _SCRUBBED}
        ids = rows["doc_id"].combine_chunks()
        safe = protect(fields, ids, policy=self.policy, key=self.key)
        self._note_late(safe.spans)
        rows, safe, tagged = self._tagged(*self._limited(rows, fields, safe))
        if not rows.num_rows:
            return
        self.ids += rows["doc_id"].to_pylist()
        self.spans.append(safe.spans)
        self.sentences.append(tagged.sentences(rows["doc_id"].combine_chunks()))
        self.tags.append(tagged.tags)
        self._count(safe.spans)
        yield self._rows(rows, safe.fields, {"pii": self._pii(safe.counts), "sensitive": tagged.tags})

    def _note_late(self, spans: pa.Table) -> None:
        """Unique identifiers that Prepare missed: `pipelines.late` destroys them where they are staged."""
        unique = spans.filter(pc.is_in(spans["kind"], value_set=_UNIQUE))
        found = unique.group_by("doc_id").aggregate([([], "count_all")]).sort_by("doc_id").to_pylist()
        self.late += [row["doc_id"] for row in found]
        said = ((row["doc_id"], float(row["count_all"])) for row in found)
        self.decisions += [decision(i, self.source.name, LATE_RULE, "marked", n, None) for i, n in said]

    def _limited(self, rows: pa.Table, fields: dict[str, pa.Array], safe: Protected) -> tuple[pa.Table, Protected]:
        """Documents whose quasi-identifiers together show more than the recipe's bound are made coarser, or dropped."""
        how = self.context.plan.recipe.protect.combination
        if how is None:
            return rows, safe
        ids = rows["doc_id"].combine_chunks()
        found = limit(fields, ids, safe, Limit(how.bound, how.then), policy=self.policy, key=self.key)
        for row in np.flatnonzero(found.before > how.bound).tolist():
            said = ("dropped" if found.dropped[row] else "marked", float(found.before[row]), how.bound)
            self.decisions.append(decision(ids[row].as_py(), self.source.name, COMBINATION_RULE, *said))
        return _left(rows, found.protected, pa.array(~found.dropped))

    def _tagged(self, rows: pa.Table, safe: Protected) -> tuple[pa.Table, Protected, Tagged]:
        """The documents with what they speak of, without those that do so more often than the recipe allows."""
        tagged = tag({name: rows[name].combine_chunks() for name in FIELDS})
        over = tagged.over(self.context.plan.recipe.protect.sensitive.at_most)
        if not over:
            return rows, safe, tagged
        stays = np.ones(rows.num_rows, bool)
        for row, category, sentences, bound in over:
            said = (SENSITIVE_RULE.format(category), "dropped", float(sentences), float(bound))
            self.decisions.append(decision(rows["doc_id"][row].as_py(), self.source.name, *said))
            stays[row] = False
        return *_left(rows, safe, pa.array(stays)), tagged.filter(pa.array(stays))

    def _count(self, spans: pa.Table) -> None:
        grouped = spans.group_by(["kind", "action"]).aggregate([([], "count_all")])
        for row in grouped.to_pylist():
            self.actions[(row["kind"], row["action"])] += row["count_all"]

    def _pii(self, counts: pa.Array) -> pa.Array:
        level = pa.repeat(pa.scalar(pii_level(self.context.plan)), len(counts))
        return pa.StructArray.from_arrays([level, counts], fields=list(PII_STRUCT))

    def _rows(self, rows: pa.Table, fields: dict[str, pa.Array], found: dict[str, pa.Array]) -> pa.Table:
        count, source = rows.num_rows, self.source
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
        columns["domain"] = self._subjects(rows["domain"].combine_chunks())
        columns |= {name: pa.repeat(pa.scalar(value), count) for name, value in same.items()}
        columns["chars"] = pc.utf8_length(columns["text"]).cast(pa.int32())
        columns |= found
        columns["cluster_size"] = rows["cluster_size"]
        columns["lineage"] = pa.repeat(pa.scalar(self._lineage, pa.list_(pa.string())), count)
        return pa.table({field.name: columns[field.name] for field in DOCUMENT}).cast(DOCUMENT)

    def _subjects(self, domain: pa.Array) -> pa.Array:
        """Subjects (`domain`), null where personal data stand in one: a word of a vocabulary has none to replace."""
        distinct = pc.unique(domain.drop_null())
        acted = [kind for kind, action in self.policy.actions.items() if action is not Action.KEEP]
        found = pc.unique(scan(distinct, kinds=acted, at_least=self.policy.at_least)["row"].combine_chunks())
        personal = pc.is_in(domain, value_set=distinct.take(found))
        return pc.if_else(personal, pa.scalar(None, domain.type), domain)

    @cached_property
    def _lineage(self) -> list[str]:
        return lineage_steps(self.context.plan)


def _left(rows: pa.Table, safe: Protected, stays: pa.Array) -> tuple[pa.Table, Protected]:
    """The documents that stay, and what protecting made of them."""
    left = rows.filter(stays)
    kept = {name: column.filter(stays) for name, column in safe.fields.items()}
    mine = safe.spans.filter(pc.is_in(safe.spans["doc_id"], value_set=left["doc_id"].combine_chunks()))
    return left, Protected(kept, mine, safe.counts.filter(stays))


def _kept_marks(rows: pa.Table, stays: pa.Array, marks: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows that stay, and their marks with the numbers that the rows have then."""
    kept = stays.to_numpy(zero_copy_only=False)
    marks = marks.filter(pa.array(kept[marks["row"].to_numpy()]))
    number = np.cumsum(kept) - 1
    return rows.filter(stays), marks.set_column(0, "row", pa.array(number[marks["row"].to_numpy()], pa.int64()))


def _counted(cuts: pa.Table, chars: int) -> dict[str, Any]:
    """Documents and passages by rule, and code points over all: what the report says of cutting."""
    if not cuts.num_rows:
        return {}
    grouped = cuts.group_by("rule").aggregate([("doc_id", "count_distinct"), ("doc_id", "count")]).sort_by("rule")
    rules = [[r["rule"], r["doc_id_count_distinct"], r["doc_id_count"]] for r in grouped.to_pylist()]
    return {"rules": rules, "documents": len(cuts["doc_id"].unique()), "chars": chars}


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
        policy = parse_policy(settings.model_dump(exclude=_NOT_POLICY, exclude_none=True))
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


def protect_tasks(
    plan: Plan, index: Index, elect: Receipt, live: dict[str, str], repeated: Sequence[Receipt] = ()
) -> list[ProtectTask]:
    """One task for each planned shard; a shard that the base release holds already keeps its file.

    Args:
        live: shard key -> path of the shards in the base release.
        repeated: of the Repeats tasks, which say what is cut.
    """
    tasks, cuts = [], _places(repeated)
    for planned in elect.out["shards"]:
        source = plan.source(planned["source"])
        key = content_name(_decides(plan, planned, cuts))
        path = live.get(key) or f"shards/{source.name}/{source.licence_class}/{key}.{plan.release_id[:8]}.parquet"
        parts = tuple(Part(file, start, stop, cuts.get(file, ())) for file, start, stop, *_ in planned["parts"])
        release = plan.release_id if key not in live else str(plan.base_release)
        name, size = protect_name(path), planned["bytes"]
        tasks.append(ProtectTask(name, plan.work_zone, source.name, index.name, elect.name, path, release, parts, size))
    return tasks


def _places(repeated: Sequence[Receipt]) -> dict[int, tuple[Place, ...]]:
    """What Repeats decided, by judged file."""
    found: dict[int, list[Place]] = {}
    for receipt in sorted(repeated, key=lambda r: r.name):
        for file, *place in receipt.out["files"]:
            found.setdefault(file, []).append(Place(receipt.name, *place))
    return {file: tuple(places) for file, places in found.items()}


def protect_name(path: str) -> str:
    """Name of the task that writes the shard at this path."""
    return content_name({"stage": STAGE, "path": path})


def shard_key(path: str) -> str:
    """The part of a shard's path that names its content."""
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def _decides(plan: Plan, planned: dict[str, Any], cuts: dict[int, tuple[Place, ...]]) -> dict[str, Any]:
    """All that decides a shard's rows, the release that first writes it left out."""
    source = plan.source(planned["source"])
    return {
        "stage": STAGE,
        "source": [source.name, source.spec.sector, source.spec.domain, source.licence, source.licence_class],
        "parts": [[start, stop, digest, staged] for _, start, stop, digest, staged in planned["parts"]],
        "protect": plan.recipe.protect.model_dump(mode="json"),
        "cuts": _decides_cuts(plan, [cuts.get(file, ()) for file, *_ in planned["parts"]]),
        "decontaminate": [plan.recipe.decontaminate.model_dump(mode="json"), plan.benchmarks],
        "families": {family: plan.families[family] for family in DECIDING_FAMILIES},
        "keys": plan.key_ids,
        "schema": DOCUMENT.metadata[b"malmoi.schema_version"].decode(),
    }


def _decides_cuts(plan: Plan, places: Sequence[tuple[Place, ...]]) -> list[Any] | None:
    """What is cut and how; None where the recipe cuts nothing, whatever it would leave."""
    settings = plan.recipe.deduplicate
    if not settings.passages and plan.recipe.decontaminate.action == "drop":
        return None
    digests = [[place.digest for place in part] for part in places]
    return [
        digests,
        [p.model_dump(mode="json") for p in settings.passages],
        settings.left_at_least,
        plan.families["dedup"],
    ]
