"""The outbox: what follows a release (queue, lineage, report, forgetting candidates), each step once, in any crash."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from governance.manifest import Book
from governance.records.storage import crash_point, write_bytes
from governance.sharing.admin import record_release
from governance.sharing.settings import open_store
from governance.terms import Terms
from pipelines.lineage import lineage_events
from pipelines.report.data import report_data
from pipelines.tasks import Context, Receipt
from pipelines.tasking import load_queue

Step = Callable[[Context, Path, Sequence[Receipt], Sequence[Book]], None]


def deliver(context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]) -> list[str]:
    """Runs the steps that are not done yet, in order; returns their names.

    Each step is idempotent, and is marked when it is done: a crash between the two repeats it without harm.
    """
    plan = context.plan
    done = []
    for name, step in STEPS.items():
        marker = context.home.state / "outbox" / plan.release_id / name
        if not marker.exists():
            step(context, directory, receipts, lines)
            write_bytes(marker, b"")
            done.append(name)
    return done


def _queue(context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]) -> None:
    crash_point("before-queue-load")
    load_queue(context, datetime.now(UTC))


def _terms(context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]) -> None:
    terms = {source.name: Terms.model_validate(source.terms) for source in context.plan.sources}
    record_release(open_store(context.home.root), context.plan.recipe.corpus, terms, at=datetime.now(UTC))


def _lineage(context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]) -> None:
    release = context.home.release(context.plan.recipe.corpus, context.plan.release_id)
    lineage_events(context, receipts, lines, release / "lineage.jsonl", datetime.now(UTC))


def _report(context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]) -> None:
    data = report_data(context, directory, receipts, lines)
    write_bytes(directory / "report.json", json.dumps(data, ensure_ascii=False, indent=1).encode())


def _forget(context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]) -> None:
    # Candidate texts exist for verification alone; with their receipts gone, a later plan makes them anew.
    shutil.rmtree(context.home.zone(context.plan.work_zone) / "candidates", ignore_errors=True)


STEPS: dict[str, Step] = {"terms": _terms, "queue": _queue, "lineage": _lineage, "report": _report, "forget": _forget}
