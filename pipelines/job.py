"""The main job: plan, run the graph, prove the books, publish, and then the outbox."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from governance.delta import committed_version
from governance.events import Event, EventLog
from governance.gates import korean_day
from governance.manifest import Book
from governance.records.errors import Interrupted
from governance.records.storage import exclusive, sweep_temporaries, write_bytes
from pipelines.adding import met
from pipelines.admission import require_admitted
from pipelines.books import books, check
from pipelines.costs import next_commands, stage_costs
from pipelines.discovering import Held, hold
from pipelines.engine import Engine
from pipelines.forking import ForkServer
from pipelines.home import Home
from pipelines.late import clear_late, late_counts
from pipelines.locks import corpus_lock
from pipelines.outbox import Delivery, deliver
from pipelines.plan import Plan
from pipelines.planning import Planned, Request, make_plan
from pipelines.progress import Progress
from pipelines.recipe import load_recipe
from pipelines.runs import latest_receipts
from pipelines.stages.carry import carried_books
from pipelines.stages.publish import publish
from pipelines.tasks import Context, Receipt


@dataclass(frozen=True)
class _Clock:
    """Time as the request has it, going on from there: a run that works past midnight is judged on the day it ends."""

    start: datetime
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """The moment of the request, and what has passed since."""
        return self.start + timedelta(seconds=time.monotonic() - self.began)


@dataclass
class _Run:
    """A run under way: its directory, and the record that `malmoi runs` lists."""

    directory: Path
    record: dict[str, Any]

    def note(self, **changes: Any) -> None:
        """Updates the record on disk."""
        self.record.update(changes)
        write_bytes(self.directory / "run.json", json.dumps(self.record, indent=1, default=str).encode())


def run_job(request: Request, console: Console, *, quiet: bool, forks: ForkServer | None = None) -> dict[str, Any]:
    """Runs a recipe to a release and says what came of it.

    Args:
        request: recipe, home, moment and engine.
        console: where progress is shown.
        quiet: shows none.
        forks: a server that has been started already; None starts one where the engine needs it.

    Raises:
        ConfigError: the recipe, a source or the home is wrong.
        BusyError: another run works on the same corpus.
        IntegrityError: the books do not balance; nothing was published.
    """
    clock = _Clock(request.now)
    recipe = load_recipe(request.recipe, dict(request.overrides))
    home = request.home
    home.create()
    with exclusive(corpus_lock(home, recipe.corpus), f"corpus {recipe.corpus}"):
        sweep_temporaries(home.root)
        planned = make_plan(request)
        if planned.finished:
            return _finish(planned, home)
        progress = Progress(console, len(planned.tasks), quiet=quiet)
        return _work(planned, request, progress, clock, forks)


def _finish(planned: Planned, home: Home) -> dict[str, Any]:
    """A plan that is released already: what its outbox still owes is delivered, nothing else is done."""
    plan = planned.plan
    directory, receipts = latest_receipts(home, plan.core)
    context = Context(plan)
    lines = [*books(plan, receipts), *carried_books(context)]
    delivered = deliver(Delivery(context, directory, receipts, lines))
    result = summary(plan, directory, receipts, lines, worked=bool(delivered))
    record = json.loads((directory / "run.json").read_bytes())
    if record["state"] != "done":
        _Run(directory, record).note(
            state="done",
            release=plan.release_id,
            version=committed_version(home.corpus(plan.recipe.corpus), plan.release_id),
        )
    return result


def _work(
    planned: Planned, request: Request, progress: Progress, clock: _Clock, forks: ForkServer | None
) -> dict[str, Any]:
    plan, started = planned.plan, time.monotonic()
    context = Context(plan)
    run = _start(plan, request)
    log = EventLog(context.home.events)
    try:
        with progress, _forks(plan, request.engine, forks) as servers:
            # Beam takes 2 s to import: meanwhile the server loads it too.
            from pipelines.launch import Launch, run_graph

            launch = Launch(request.engine, servers, progress.address)
            receipts = run_graph(context, run.directory, planned.tasks, launch)
        lines = [*books(plan, receipts), *carried_books(context)]
        check(plan, lines)
        clear_late(context, receipts)
        require_admitted(plan, korean_day(clock.now()))
        hold(context.home, context.keys, plan.recipe.corpus, _written(context, receipts), clock.now())
        version = publish(context, receipts, lines)
    except BaseException as error:
        run.note(state="stopped" if isinstance(error, Interrupted) else "failed", error=type(error).__name__)
        raise
    kept = sum(line.kept for line in lines if line.stage == "protect")
    documents = sum(line.came for line in lines if line.stage == "prepare" and line.unit == "document")
    run.note(
        state="done",
        release=plan.release_id,
        version=version,
        documents=documents,
        kept=kept,
        seconds=round(time.monotonic() - started, 2),
    )
    subjects = (f"release:{plan.release_id}", f"corpus:{plan.recipe.corpus}")
    log.append(Event(request.now, "operator", "release.commit", subjects=subjects, documents=kept))
    deliver(Delivery(context, run.directory, receipts, lines))
    return summary(plan, run.directory, receipts, lines, worked=True)


def _forks(plan: Plan, engine: Engine, given: ForkServer | None) -> AbstractContextManager[ForkServer | None]:
    """The server that worker processes are forked from, if any are needed: the one given, or one of the run's own."""
    count = engine.processes(sum(source.snapshot.bytes for source in plan.sources))
    return ForkServer(count) if count and given is None else nullcontext(given)


def _written(context: Context, receipts: Sequence[Receipt]) -> Iterator[Held]:
    """Shards of the run with their documents."""
    for receipt in receipts:
        if receipt.stage == "protect":
            path = context.path(context.plan.work_zone, "protect", f"{receipt.name}.index")
            yield receipt.source, receipt.out["path"], context.read(context.plan.work_zone, path)["doc_id"].to_pylist()


def _start(plan: Plan, request: Request) -> _Run:
    name = f"{request.now:%Y%m%dT%H%M%S}-{plan.core[:6]}-{os.getpid()}"
    run = _Run(Home(plan.home).run(name), {})
    run.directory.mkdir(parents=True, exist_ok=True)
    run.note(
        run=name,
        recipe=plan.recipe.name,
        recipe_path=str(request.recipe),
        corpus=plan.recipe.corpus,
        plan=plan.core,
        started=_stamp(request.now),
        state="running",
        settings=dict(request.overrides),
    )
    return run


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def summary(
    plan: Plan, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book], *, worked: bool
) -> dict[str, Any]:
    """What `run --json` ends with: release, run, counts per source and exit, seconds and MB/s per stage."""
    home = Home.of(plan.home)
    release = home.release(plan.recipe.corpus, plan.release_id)
    return {
        "worked": worked,
        "run": directory.name,
        "release": str(release),
        "release_id": plan.release_id,
        "corpus": plan.recipe.corpus,
        "report": str(directory / "report.html"),
        "books": [asdict(line) for line in lines],
        "released": met(plan, home, receipts),
        "refused": [refusal.model_dump() for refusal in plan.refused],
        "stopped": [refusal.model_dump() for refusal in plan.stopped],
        "stages": stage_costs(receipts),
        "late_unique": late_counts(receipts),
        "next": next_commands(plan),
    }
