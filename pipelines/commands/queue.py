"""`malmoi queue`: the labelling queue from a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from governance.records.errors import ConfigError
from governance.records.storage import write_bytes
from labeling.agreement import krippendorff_alpha, label_counts, percent_agreement
from labeling.label_studio import from_label_studio, label_config, to_label_studio
from labeling.lease import Hold, Lease, SkipReason
from labeling.queue import LEASE_S, Queue
from labeling.store.sqlite import SqliteStore
from labeling.workers import Worker, Workers
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show
from pipelines.home import Home

TOKEN_VARIABLE = "MALMOI_LABEL_TOKEN"

app = typer.Typer(help="Labelling tasks: take, answer, pass on, export.", no_args_is_help=True)
workers_app = typer.Typer(help="Who may label, and the tokens they sign in with.", no_args_is_help=True)
studio_app = typer.Typer(help="Label Studio: tasks and answers out, answers in.", no_args_is_help=True)
app.add_typer(workers_app, name="workers")
app.add_typer(studio_app, name="label-studio")

TokenOption = Annotated[
    str, typer.Option("--token", envvar=TOKEN_VARIABLE, help="The worker's token; better given by the environment.")
]
FencingOption = Annotated[int, typer.Option("--fencing", help="The fencing token that `next` printed.")]
Project = Annotated[str, typer.Argument(help="Name of the labelling project.")]
TaskId = Annotated[str, typer.Argument(help="The task that `next` printed.")]

clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 (the one place where the time comes in)


def _store(home: str | None) -> SqliteStore:
    return SqliteStore(Home.of(home).queue)


def _worker(store: SqliteStore, token: str) -> Worker:
    return Workers(store).sign_in(token, now=clock())


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show how far each project is."""
    queue = Queue(_store(home))
    found = [queue.progress(project.name, now=clock()) for project in queue.projects()]
    columns = ("project", "tasks", "done", "answers", "share", "leased", "pulled", "gold", "findings")
    rows = [
        (
            p.project,
            p.tasks,
            p.done,
            f"{p.answers}/{p.places}",
            f"{p.share:.1%}",
            p.leased,
            p.pulled,
            p.gold,
            p.findings,
        )
        for p in found
    ]
    if as_json:
        emit({"projects": [asdict(p) | {"share": p.share} for p in found]})
    else:
        show("Labelling queue", columns, rows)


@app.command()
def next(
    project: Project,
    token: TokenOption,
    lease_s: Annotated[int, typer.Option(help="Seconds until the task comes back.", min=1)] = LEASE_S,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the next task: where its document is, and what to show to answer it. Texts are read on the page."""
    store = _store(home)
    lease = Queue(store).lease(_worker(store, token).worker, project, now=clock(), lease_s=lease_s)
    value = _lease_value(lease) if lease else None
    if as_json:
        emit({"lease": value})
    elif value is None:
        console.print("nothing left for you in this project")
    else:
        _lines(value)


def _lines(value: dict[str, Any]) -> None:
    """Names and values, a line each and never broken: they are there to be copied."""
    for name, one in value.items():
        typer.echo(f"{name}: {one}")


def _lease_value(lease: Lease) -> dict[str, Any]:
    """A lease as a worker may see it: nothing tells whether the task is gold."""
    task = lease.task
    pointer = {name: getattr(task, name) for name in ("task_id", "doc_id", "release_id", "shard", "row", "source")}
    return pointer | {"fencing": lease.fencing, "expires_at": lease.expires_at.isoformat()}


def _act(home: str | None, token: str, act: Callable[[Queue, Worker], None], done: str, as_json: bool) -> None:
    store = _store(home)
    act(Queue(store), _worker(store, token))
    emit({"done": done}) if as_json else console.print(done)


@app.command()
def submit(
    task_id: TaskId,
    answer: Annotated[str, typer.Argument(help="One of the project's labels.")],
    fencing: FencingOption,
    token: TokenOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a task."""

    def act(queue: Queue, worker: Worker) -> None:
        queue.submit(Hold(task_id, worker.worker, fencing), answer, now=clock())

    _act(home, token, act, "answered", as_json)


@app.command()
def release(
    task_id: TaskId, fencing: FencingOption, token: TokenOption, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Give a task back unanswered."""

    def act(queue: Queue, worker: Worker) -> None:
        queue.release(Hold(task_id, worker.worker, fencing), now=clock())

    _act(home, token, act, "released", as_json)


@app.command()
def skip(
    task_id: TaskId,
    reason: Annotated[SkipReason, typer.Argument(help="Why.")],
    fencing: FencingOption,
    token: TokenOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pass a task on to others."""

    def act(queue: Queue, worker: Worker) -> None:
        queue.skip(Hold(task_id, worker.worker, fencing), reason, now=clock())

    _act(home, token, act, "skipped", as_json)


@app.command()
def export(
    project: Project,
    path: Annotated[Path, typer.Argument(help="Parquet file to write.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every answer and skip with its lineage."""
    rows = Queue(_store(home)).write_export(project, path)
    emit({"path": str(path), "rows": rows}) if as_json else console.print(f"{path}: {rows} rows")


@app.command()
def agreement(project: Project, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show percent agreement, Krippendorff's alpha, and each worker's score on tasks whose answer is known."""
    queue = Queue(_store(home))
    asked = queue.project(project)
    counts = label_counts(queue.export(project), asked.labels)
    percent, alpha = percent_agreement(counts), krippendorff_alpha(counts, asked.scale)
    scores = [asdict(score) | {"share": score.share} for score in queue.scores(project)]
    if as_json:
        emit({"project": project, "scale": asked.scale.value, "percent": percent, "alpha": alpha, "gold": scores})
        return
    console.print(f"percent agreement: {_number(percent)}\nKrippendorff's alpha ({asked.scale}): {_number(alpha)}")
    rows = [(s["worker"], s["answered"], s["correct"], f"{s['share']:.1%}") for s in scores]
    show("Gold tasks", ("worker", "answered", "correct", "share"), rows)


def _number(value: float | None) -> str:
    return "not defined yet: no task has two answers that could differ" if value is None else f"{value:.3f}"


@workers_app.command("add")
def workers_add(
    organisation: Annotated[str, typer.Argument(help="The processor (수탁자) that the person works for.")],
    account: Annotated[str, typer.Argument(help="The organisation's own id of the person; it never leaves.")],
    days: Annotated[int, typer.Option(help="Days until the token ends; not beyond the contract.", min=1)] = 90,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a worker, or give a known one a new token that replaces the old. The token is shown this once."""
    now = clock()
    worker, token = Workers(_store(home)).add(organisation, account, now=now, expires_at=now + timedelta(days=days))
    value = {"worker": worker.worker, "token": token, "expires_at": worker.expires_at.isoformat()}
    emit(value) if as_json else _lines(value)


@workers_app.command("revoke")
def workers_revoke(
    worker: Annotated[str, typer.Argument(help="Pseudonym, as `workers list` shows it.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """End every token of a worker at once."""
    ended = Workers(_store(home)).revoke(worker, now=clock())
    emit({"worker": worker, "revoked": ended}) if as_json else console.print(f"{ended} token(s) revoked")


@workers_app.command("list")
def workers_list(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List workers: organisation, account, until when."""
    found = [asdict(standing) for standing in Workers(_store(home)).standings()]
    columns = ("worker", "organisation", "account", "expires_at", "tokens")
    rows = [[worker[name] for name in columns] for worker in found]
    emit({"workers": found}) if as_json else show("Workers", columns, rows)


@studio_app.command("export")
def studio_export(
    project: Project,
    directory: Annotated[Path, typer.Argument(help="Gets tasks.json and label_config.xml.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write tasks (as pointers) and answers in Label Studio's JSON, and the labelling interface in its XML."""
    queue = Queue(_store(home))
    items = to_label_studio(queue.tasks(project), queue.export(project))
    write_bytes(directory / "tasks.json", json.dumps(items, ensure_ascii=False, indent=1).encode())
    write_bytes(directory / "label_config.xml", label_config(queue.project(project)).encode())
    value = {"directory": str(directory), "tasks": len(items)}
    emit(value) if as_json else console.print(f"{directory}: {len(items)} tasks")


@studio_app.command("import")
def studio_import(
    path: Annotated[Path, typer.Argument(help="Label Studio JSON export.")],
    workers: Annotated[
        Path | None, typer.Option(help="JSON object: Label Studio user (e-mail or id) → worker.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in answers given in Label Studio, under the rules of the queue."""
    reading = from_label_studio(_read_json(path), _read_json(workers) if workers else None)
    report = Queue(_store(home)).accept(reading.given)
    if as_json:
        emit(asdict(report) | {"problems": reading.problems})
        return
    console.print(f"{report.added} added, {report.known} known, {len(report.refused)} refused")
    for line in (*(f"task {task_id}: {code}" for task_id, code in report.refused), *reading.problems):
        console.print(f"  {line}", highlight=False, markup=False)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not JSON: {error}") from None
