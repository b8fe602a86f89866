"""Reuse: which Prepare tasks are done already, and why the others must run, source by source."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.home import Home
from pipelines.plan import Plan, SourcePlan
from pipelines.runs import list_runs
from pipelines.stages.prepare import PREPARING_FAMILIES, PrepareTask
from pipelines.tasks import receipt_path


@dataclass(frozen=True)
class SourceReuse:
    """Tasks of one source: in all, done already, and why the rest is not reused ("" when nothing is left)."""

    source: str
    tasks: int
    reused: int
    why: str


def reuse(plan: Plan, tasks: tuple[PrepareTask, ...]) -> list[SourceReuse]:
    """One entry a source, in the plan's order."""
    home = Home.of(plan.home)
    before = _latest_plan(home, plan.recipe.corpus)
    found = []
    for source in plan.sources:
        mine = [task for task in tasks if task.source == source.name]
        done = sum(receipt_path(task, home).exists() for task in mine)
        found.append(SourceReuse(source.name, len(mine), done, "" if done == len(mine) else _why(plan, source, before)))
    return found


def _latest_plan(home: Home, corpus: str) -> Plan | None:
    for record in list_runs(home):
        path = home.run(record["run"]) / "plan.json"
        if record["corpus"] == corpus and path.exists():
            return Plan.load(path)
    return None


def _why(plan: Plan, source: SourcePlan, before: Plan | None) -> str:
    old = next((s for s in before.sources if s.name == source.name), None) if before else None
    if before is None or old is None:
        return "never prepared for this corpus"
    hidden = {"path", "terms", "priority"}
    checks = [
        ("items were added or changed", old.snapshot.name != source.snapshot.name),
        (
            "the source's settings changed",
            old.spec.model_dump(exclude=hidden) != source.spec.model_dump(exclude=hidden),
        ),
        ("the preset changed", before.recipe.deduplicate.preset != plan.recipe.deduplicate.preset),
        ("split sizes changed", before.recipe.prepare != plan.recipe.prepare),
        ("--sample changed", before.sample != plan.sample),
        ("keys changed", before.key_ids != plan.key_ids),
        *((f"code changed: {f}", before.families.get(f) != plan.families[f]) for f in PREPARING_FAMILIES),
    ]
    return "; ".join(reason for reason, holds in checks if holds) or "an earlier run stopped, or its zone was purged"
