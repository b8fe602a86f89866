"""The outbox: what follows a release (queue, lineage, report, forgetting candidates), each step once, in any crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from governance.manifest import Book
from governance.records.storage import Location, crash_point, remove_tree, write_bytes
from governance.seal import seal_release
from governance.sharing.admin import record_release
from governance.sharing.settings import open_store
from governance.terms import Terms
from pipelines.adding import unused_indexes
from pipelines.lineage import lineage_events
from pipelines.report.data import report_data
from pipelines.report.page import build_report
from pipelines.stages.protect import pii_level
from pipelines.tasking import load_queue
from pipelines.tasks import Context, Receipt


@dataclass(frozen=True)
class Delivery:
    """What the steps work from: the plan's context, the run's directory, its receipts and its books."""

    context: Context
    directory: Path
    receipts: Sequence[Receipt]
    lines: Sequence[Book]

    @property
    def release(self) -> Location:
        """Directory of the release."""
        return self.context.home.release(self.context.plan.recipe.corpus, self.context.plan.release_id)


Step = Callable[[Delivery], None]


def deliver(delivery: Delivery) -> list[str]:
    """Runs the steps that are not done yet, in order; returns their names.

    Each step is idempotent, and is marked when it is done: a crash between the two repeats it without harm.
    """
    home, release_id = delivery.context.home, delivery.context.plan.release_id
    done = []
    for name, step in STEPS.items():
        marker = home.state / "outbox" / release_id / name
        if not marker.exists():
            step(delivery)
            write_bytes(marker, b"")
            done.append(name)
    return done


def _queue(delivery: Delivery) -> None:
    crash_point("before-queue-load")
    load_queue(delivery.context, datetime.now(UTC))


def _terms(delivery: Delivery) -> None:
    terms = {source.name: Terms.model_validate(source.terms) for source in delivery.context.plan.sources}
    context = delivery.context
    store, level = open_store(context.home.root), pii_level(context.plan)
    record_release(store, context.plan.recipe.corpus, terms, at=datetime.now(UTC), pii_level=level)


def _lineage(delivery: Delivery) -> None:
    lineage_events(delivery.context, delivery.receipts, delivery.release / "lineage.jsonl", datetime.now(UTC))


def _seal(delivery: Delivery) -> None:
    """A second signature, over what exists only after the commit: the Delta log and the lineage."""
    context = delivery.context
    root, release_id = context.home.corpus(context.plan.recipe.corpus), context.plan.release_id
    seal_release(root, release_id, context.keys.signer(), [f"releases/{release_id}/lineage.jsonl"])


def _report(delivery: Delivery) -> None:
    data = report_data(delivery.context, delivery.directory, delivery.receipts, delivery.lines)
    write_bytes(delivery.directory / "report.json", json.dumps(data, ensure_ascii=False, indent=1).encode())
    write_bytes(delivery.directory / "report.html", build_report(data).encode())


def _forget(delivery: Delivery) -> None:
    # Candidate texts exist for verification alone; with their receipts gone, a later plan makes them anew.
    home, plan = delivery.context.home, delivery.context.plan
    remove_tree(home.zone(plan.work_zone) / "candidates")
    for directory in unused_indexes(home, plan.recipe.corpus):
        remove_tree(directory)


STEPS: dict[str, Step] = {
    "terms": _terms,
    "queue": _queue,
    "lineage": _lineage,
    "seal": _seal,
    "report": _report,
    "forget": _forget,
}
