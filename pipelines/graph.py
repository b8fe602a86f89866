"""The graph on one screen: prepare, judge, group, connect, verify, deduplicate, find repeated passages, protect.

Elements are tasks and receipts, a few hundred bytes each. Texts, signatures and keys travel in files: no element
holds one, and nothing but task descriptions is ever shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList

from governance.delta import live_shards
from pipelines.stages.connect import connect_task
from pipelines.stages.elect import elect_task
from pipelines.stages.group import group_tasks
from pipelines.stages.index import Index
from pipelines.stages.judge import judge_task
from pipelines.stages.lookup import lookup_tasks
from pipelines.stages.passages import find_tasks, repeats_tasks
from pipelines.stages.protect import protect_tasks, shard_key
from pipelines.stages.released import released_files
from pipelines.stages.verify import extract_tasks, verify_tasks
from pipelines.tasks import Context, Receipt, Task, execute
from pipelines.worker import Settings, reporter


class RunTasks(beam.DoFn):
    """Runs one task and yields its receipt; keys and plan are read once per worker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def setup(self) -> None:
        """Reads the plan and opens the keys."""
        self.context = self.settings.context()
        self.report = reporter(self.settings)

    def process(self, task: Task) -> Any:
        """One receipt a task."""
        receipt = execute(task, self.context)
        self.report(receipt)
        yield receipt


class PlanTasks(beam.DoFn):
    """Plans the tasks of a stage once every receipt of the stages before it is there."""

    def __init__(self, settings: Settings, planner: Callable[..., Sequence[Task]]) -> None:
        self.settings, self.planner = settings, planner

    def setup(self) -> None:
        """Reads the plan."""
        self.context = self.settings.context()

    def process(self, _: Any, *before: list[Receipt]) -> Any:
        """Tasks, the largest first: work is dealt round-robin, and the longest must not come last."""
        yield from sorted(self.planner(self.context, *before), key=lambda task: (-task.weight, task.name))


class Stage(beam.PTransform):
    """Tasks that may run at the same time, planned from the receipts of earlier stages."""

    def __init__(self, settings: Settings, planner: Callable[..., Sequence[Task]], *before: Any) -> None:
        super().__init__()
        self.settings, self.planner, self.before = settings, planner, before

    def expand(self, start: Any) -> Any:
        """A barrier, a redistribution of task descriptions, and the work."""
        after = [AsList(receipts) for receipts in self.before]
        return (
            start
            | "Plan" >> beam.ParDo(PlanTasks(self.settings, self.planner), *after)
            | "Spread" >> beam.Reshuffle()
            | "Run" >> beam.ParDo(RunTasks(self.settings))
        )


def build(pipeline: Any, settings: Settings, tasks: Sequence[Task]) -> Any:
    """The main job from prepared task descriptions to every receipt."""
    start = pipeline | "Start" >> beam.Create([None])

    def stage(label: str, planner: Callable[..., Sequence[Task]], *before: Any) -> Any:
        return start | label >> Stage(settings, planner, *before)

    largest_first = sorted(tasks, key=lambda task: (-task.weight, task.name))
    prepared = (
        pipeline
        | "Prepare tasks" >> beam.Create(largest_first)
        | "Spread" >> beam.Reshuffle()
        | "Prepare" >> beam.ParDo(RunTasks(settings))
    )
    judged = stage("Judge", plan_judge, prepared)
    grouped = stage("Group", plan_group, judged)
    connected = stage("Connect", plan_connect, judged, grouped)
    extracted = stage("Extract candidates", plan_extract, judged, connected)
    verified = stage("Verify", plan_verify, judged, connected, extracted)
    elected = stage("Deduplicate", plan_elect, judged, connected, verified)
    found = stage("Find passages", plan_find, judged, elected)
    repeated = stage("Repeated passages", plan_repeats, judged, found)
    protected = stage("Protect", plan_protect, judged, elected, repeated)
    every = (prepared, judged, grouped, connected, extracted, verified, elected, found, repeated, protected)
    return every | "All receipts" >> beam.Flatten()


def plan_judge(context: Context, prepared: list[Receipt]) -> Sequence[Task]:
    """One judging for each staged file."""
    return [judge_task(context.plan, receipt) for receipt in prepared]


def plan_group(context: Context, judged: list[Receipt]) -> Sequence[Task]:
    """One grouping for each key column; the index that numbers the documents is kept for all that follows."""
    index = _index(context, judged)
    index.save(context)
    return [*group_tasks(context.plan, index), *lookup_tasks(context.plan, index)]


def _index(context: Context, judged: list[Receipt]) -> Index:
    """Judged files, and those of what is released already where the run adds to it."""
    plan = context.plan
    return Index.of(plan, judged, released_files(context.home, plan))


def plan_connect(context: Context, judged: list[Receipt], grouped: list[Receipt]) -> Sequence[Task]:
    """One task over all edges."""
    return [connect_task(context.plan, _index(context, judged), grouped)]


def plan_extract(context: Context, judged: list[Receipt], connected: list[Receipt]) -> Sequence[Task]:
    """One extraction for each staged file with candidates."""
    return extract_tasks(context, _index(context, judged), connected[0])


def plan_verify(
    context: Context, judged: list[Receipt], connected: list[Receipt], extracted: list[Receipt]
) -> Sequence[Task]:
    """One verification for each chunk of components."""
    return verify_tasks(context.plan, _index(context, judged), connected[0], extracted)


def plan_elect(
    context: Context, judged: list[Receipt], connected: list[Receipt], verified: list[Receipt]
) -> Sequence[Task]:
    """One election over all clusters."""
    return [elect_task(context.plan, _index(context, judged), connected[0], verified)]


def plan_find(context: Context, judged: list[Receipt], elected: list[Receipt]) -> Sequence[Task]:
    """One search for each staged file of which something stays, where the recipe cuts passages that come back."""
    return find_tasks(context, _index(context, judged), elected[0])


def plan_repeats(context: Context, judged: list[Receipt], found: list[Receipt]) -> Sequence[Task]:
    """One decision for each part of the passages."""
    return repeats_tasks(context.plan, _index(context, judged), found)


def plan_protect(
    context: Context, judged: list[Receipt], elected: list[Receipt], repeated: list[Receipt]
) -> Sequence[Task]:
    """One task for each shard."""
    plan = context.plan
    live = {}
    if plan.base_release is not None:
        table = context.home.corpus(plan.recipe.corpus)
        live = {shard_key(shard.path): shard.path for shard in live_shards(table)}
    return protect_tasks(plan, _index(context, judged), elected[0], live, repeated)
