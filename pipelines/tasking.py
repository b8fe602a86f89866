"""Tasks for labellers: chosen by the recipe's rules from a release, loaded into the queue as pointers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from governance.delta import LiveShard, live_shards
from governance.records.errors import ConfigError
from governance.records.schemas import MEASURES, SENSITIVE
from governance.records.storage import Location, readable
from labeling.project import Project, Scale
from labeling.queue import LoadReport, Queue
from labeling.sampling import SamplingRule, choose
from labeling.store.sqlite import SqliteStore
from pipelines.recipe import LabelSettings, Recipe
from pipelines.tasks import Context
from transforms.pii.sensitive import Sensitive

_COLUMNS = ["doc_id", "source", "licence", "language", "chars", "cluster_size"]
_READ = [*_COLUMNS, "quality", "sensitive"]
_WORDS = {"doc_id", "source", "licence", "language", "shard", "release_id"}
# Sentences of a document that speak of a category, for rules: `where: {sensitive_health: {at_least: 1}}`.
_SENSITIVE = {f"sensitive_{category.value}": category.value for category in Sensitive}
_ONE_ROW = pa.table(
    {
        name: [""] if name in _WORDS else [0]
        for name in [*_COLUMNS, *MEASURES, *_SENSITIVE, "release_id", "shard", "row"]
    }
)


def load_queue(context: Context, now: datetime) -> list[LoadReport]:
    """Defines the recipe's projects and loads their tasks; loading again adds nothing and keeps every answer."""
    plan = context.plan
    if not plan.recipe.label:
        return []
    queue = Queue(SqliteStore(context.home.queue))
    for settings in plan.recipe.label:
        queue.define(_project(settings), now=now)
    shards = live_shards(context.home.corpus(plan.recipe.corpus))
    if not shards:
        return []
    frame = _released(context, shards)
    return [queue.load(choose(frame, [_rule(settings)])) for settings in plan.recipe.label]


def label_problems(recipe: Recipe) -> list[str]:
    """What is wrong with the recipe's projects; they are read after the commit, when it is too late to say no."""
    names = [settings.project for settings in recipe.label]
    problems = [f"label: two projects are called {name!r}" for name in sorted({n for n in names if names.count(n) > 1})]
    for settings in recipe.label:
        try:
            _project(settings)
            choose(_ONE_ROW, [_rule(settings)])
        except ConfigError as error:
            problems += [f"label: {problem}" for problem in error.problems]
        except pa.ArrowNotImplementedError:
            problems.append(f"label: rule {settings.project}: a bound stands on a column of words; name a measure")
    return problems


def _project(settings: LabelSettings) -> Project:
    title = settings.title or settings.project
    return Project(settings.project, settings.guideline, tuple(settings.labels), title, Scale(settings.scale))


def _rule(settings: LabelSettings) -> SamplingRule:
    return SamplingRule(
        name=settings.project,
        project=settings.project,
        share=settings.share,
        count=settings.count,
        where=settings.where,
        uncertain=settings.uncertain,
        strata=settings.strata,
        overlap=settings.overlap,
    )


def _released(context: Context, shards: Sequence[LiveShard]) -> pa.Table:
    """Pointers and measures of every released document; no text is read."""
    plan = context.plan
    root = context.home.corpus(plan.recipe.corpus)
    measures = [pl.col("quality").struct.field(name) for name in MEASURES]
    frames = [
        pl.DataFrame(_read(root / shard.path))
        .select(*_COLUMNS, *measures, *_counts(), release_id=pl.lit(plan.release_id), shard=pl.lit(shard.path))
        .with_row_index("row")
        .with_columns(pl.col("row").cast(pl.Int64))
        for shard in shards
    ]
    return pl.concat(frames).to_arrow()


def _read(path: Location) -> pa.Table:
    """Pointers and measures of a shard; one of an older release says nothing of sensitive subjects."""
    file = pq.ParquetFile(readable(path))
    table = file.read([name for name in _READ if name in file.schema_arrow.names])
    if "sensitive" in table.column_names:
        return table
    return table.append_column("sensitive", pa.nulls(table.num_rows, SENSITIVE))


def _counts() -> list[pl.Expr]:
    """A column a category; null where a release did not look."""
    entries = pl.col("sensitive")
    said = pl.element().struct.field("sentences") * 1
    return [
        pl.when(entries.is_not_null())
        .then(entries.list.eval(pl.when(pl.element().struct.field("category") == category).then(said)).list.sum())
        .alias(name)
        for name, category in _SENSITIVE.items()
    ]
