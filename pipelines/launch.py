"""Launch: runs the graph under the corpus's lock, and brings the receipts home."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import psutil

from governance.records import errors
from governance.records.errors import BrokenError, Interrupted, MalmoiError, WorkerLostError
from governance.records.storage import Location, remove_tree, write_bytes
from pipelines.engine import Engine
from pipelines.forking import ForkServer
from pipelines.graph import build
from pipelines.runners import resolve
from pipelines.runs import read_receipts
from pipelines.tasks import Context, Receipt, Task
from pipelines.worker import Settings

_TOLD = re.compile(
    r"^governance\.records\.errors\.(?P<name>\w+): (?P<message>.*?)(?: \[while running .*)?$", re.MULTILINE
)

_READERS = ("beam_control_read", "read_grpc_client_inputs")  # Beam's threads, by name
_CHANNEL = "Channel closed prematurely"  # what Beam says when a worker is gone
_GO_ON = "; what is finished is kept, run the same command again to go on"


class KeepReceipts(beam.DoFn):
    """Writes every receipt to one file of the zones, sorted, so that the launcher can read them on any runner."""

    def __init__(self, path: Location) -> None:
        self.path = path

    def process(self, _: Any, receipts: list[Receipt]) -> Any:
        """One line a receipt."""
        lines = [(b"1" if r.reused else b"0") + r.to_bytes() for r in sorted(receipts, key=lambda r: (r.stage, r.name))]
        write_bytes(self.path, b"\n".join(lines))
        yield len(lines)


@dataclass(frozen=True)
class Launch:
    """How a run works: the engine, the server that its processes are forked from, and where progress is told.

    Attributes:
        forks: None where the engine works without processes of its own.
        progress: datagram address of the launcher's progress display.
    """

    engine: Engine
    forks: ForkServer | None
    progress: str | None = None


def run_graph(context: Context, directory: Path, tasks: Sequence[Task], launch: Launch) -> list[Receipt]:
    """Runs the graph and returns every receipt.

    Args:
        directory: of the run, in the launcher's state; plan and receipts are kept there.

    Raises:
        Interrupted: a signal arrived; worker processes are ended first.
        WorkerLostError: a worker process was killed.
    """
    plan, home = context.plan, context.home
    # Workers may share nothing with the launcher but the zones: what passes between them lies there while they work.
    handed = home.zone(plan.work_zone) / "runs" / directory.name
    for path in (directory / "plan.json", handed / "plan.json"):
        plan.save(path)
    settings = Settings(handed / "plan.json", launch.progress, home.store)
    runner, options = resolve(launch.engine, launch.forks)

    def work() -> None:
        # A failure is raised as well as logged, and is said once.
        logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
        with beam.Pipeline(runner=runner, options=options) as pipeline:
            receipts = build(pipeline, settings, tasks)
            start = pipeline | "End" >> beam.Create([None])
            _ = start | "Keep receipts" >> beam.ParDo(KeepReceipts(handed / "receipts"), beam.pvalue.AsList(receipts))

    try:
        _watch(work, launch.forks)
        write_bytes(directory / "receipts", (handed / "receipts").read_bytes())
    finally:
        remove_tree(handed)
    return read_receipts(directory)


def _watch(work: Any, forks: ForkServer | None) -> None:
    """Runs `work` in a thread so that a signal reaches this one; a failure is raised here with its type."""
    failure: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # carried to the caller's thread and raised there
            failure.append(error)

    thread = threading.Thread(target=guarded, daemon=True, name="beam")
    before, threading.excepthook = threading.excepthook, _hear
    thread.start()
    stopped = lost = False
    try:
        while thread.is_alive() and not lost:
            thread.join(0.2)
            # Beam waits for ever for a worker process that died.
            lost = forks is not None and forks.lost
    except KeyboardInterrupt:
        stopped = True
    finally:
        threading.excepthook = before
    if not stopped and lost:
        thread.join(2.0)  # a run that failed ends its workers too: its own error is the better one
    broke_off = thread.is_alive() or any(_CHANNEL in str(error) for error in failure)
    if stopped or (lost and broke_off):
        _end()
        reason = Interrupted("stopped" + _GO_ON) if stopped else WorkerLostError("a worker process was killed" + _GO_ON)
        raise reason
    if failure:
        raise _ours(failure[0]) from failure[0]


def _hear(failed: threading.ExceptHookArgs) -> None:
    """Keeps quiet of Beam's threads that read from a worker process which died; others fail as they always do."""
    if failed.thread is None or failed.thread.name not in _READERS:
        threading.__excepthook__(failed)


def _silent(_: object) -> None:
    """Says nothing of a thread that failed because the run was stopped."""


def _end() -> None:
    """Ends the worker processes; Beam's threads, which would complain that they are gone, are not heard any more."""
    threading.excepthook = _silent
    logging.disable(logging.CRITICAL)
    children = psutil.Process().children(recursive=True)
    for child in children:
        child.terminate()
    _, alive = psutil.wait_procs(children, timeout=3)
    for child in alive:
        child.kill()


def _ours(error: BaseException) -> BaseException:
    """The error of ours that a worker's text tells of, with its own type; any other error as it is.

    Beam adds the step's name to a message, and a worker process hands errors over as text alone.
    """
    told = list(_TOLD.finditer(str(error)))
    if isinstance(error, MalmoiError):
        return type(error)(str(error).partition(" [while running")[0])
    if told:
        kind = getattr(errors, told[-1]["name"])
        # A BrokenError is made of a code and a place; told as text it is its message alone.
        return MalmoiError(told[-1]["message"]) if kind is BrokenError else kind(told[-1]["message"])
    return error
