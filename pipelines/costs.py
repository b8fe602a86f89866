"""What a run cost, stage by stage, and what is useful to do after it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from pipelines.plan import Plan
from pipelines.tasks import Receipt

_BEFORE = ("prepare", "judge", "group", "connect", "candidates", "verify")
ORDER = (*_BEFORE, "deduplicate", "passages", "repeats", "protect")


def stage_costs(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """One entry a stage, in order: tasks, reused tasks, documents, seconds and CPU seconds summed over all workers,
    MB of text, MB a second of work, and the highest memory of any worker so far (MB)."""
    return [_cost(stage, mine) for stage in ORDER if (mine := [r for r in receipts if r.stage == stage])]


def _cost(stage: str, receipts: Sequence[Receipt]) -> dict[str, Any]:
    seconds = sum(r.cost.get("seconds", 0.0) for r in receipts)
    megabytes = sum(r.out.get("text_bytes", 0) for r in receipts) / 1e6
    return {
        "stage": stage,
        "tasks": len(receipts),
        "reused": sum(r.reused for r in receipts),
        "documents": sum(r.books.get("in", 0) for r in receipts),
        "seconds": round(seconds, 3),
        "cpu_s": round(sum(r.cost.get("cpu_s", 0.0) for r in receipts), 3),
        "mb": round(megabytes, 3),
        "mb_per_s": round(megabytes / seconds, 2) if seconds else 0.0,
        "peak_rss_mb": max(r.cost.get("peak_rss_mb", 0.0) for r in receipts),
    }


def next_commands(plan: Plan) -> list[str]:
    """Three commands that are useful after a run."""
    home = f"--home {shlex.quote(str(plan.home))}"
    key = shlex.quote(str(plan.home / "public.pem"))
    return [
        f'malmoi query {plan.recipe.corpus} "SELECT source, count(*) FROM documents GROUP BY ALL" {home}',
        f"malmoi verify {plan.recipe.corpus} --key {key} {home}",
        f"malmoi serve {home}",
    ]
