"""`malmoi plan | run | runs | diff | report`: the data engineer's door."""

from __future__ import annotations

import webbrowser
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from governance.records.errors import ConfigError, NotFoundError
from pipelines.adding import counted_apart
from pipelines.commands.output import HomeOption, JsonOption, console, emit, errors, show, show_fields
from pipelines.engine import Engine
from pipelines.home import Home
from pipelines.planning import Planned, Request, make_plan
from pipelines.reuse import reuse

RecipeArgument = Annotated[Path, typer.Argument(help="Recipe, a YAML file.", show_default=False)]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="key=value over the recipe, dotted keys; may be repeated.")
]
SampleOption = Annotated[
    int | None, typer.Option("--sample", min=1, help="At most N documents of each prepare task, for a quick look.")
]
RunnerOption = Annotated[
    str,
    typer.Option(
        "--runner",
        help="local: in this process. processes: a worker process a core. auto: processes from 24 MiB of sources on. "
        "Or FlinkRunner, SparkRunner, DataflowRunner, PortableRunner with --beam.",
    ),
]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Worker processes (default: one a core).")]
BeamOption = Annotated[
    list[str] | None,
    typer.Option(
        "--beam", help="Option for a distributed runner, as --beam=--flink_master=HOST:8081; may be repeated."
    ),
]
RunArgument = Annotated[str, typer.Argument(help="Run id, the start of one, or `latest`.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("plan")(plan)
    app.command("run")(run)
    app.command("runs")(runs)
    app.command("diff")(diff)
    app.command("report")(report)


def _request(recipe: Path, home: str | None, settings: list[str] | None, engine: Engine, sample: int | None) -> Request:
    pairs = [entry.partition("=") for entry in settings or []]
    wrong = [f"--set {key}: write key=value" for key, equals, _ in pairs if not equals]
    if wrong:
        raise ConfigError(wrong)
    overrides = {key: value for key, _, value in pairs}
    return Request(recipe, Home.of(home), datetime.now(UTC), overrides, engine, sample)


def plan(
    recipe: RecipeArgument,
    settings: SetOption = None,
    sample: SampleOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate a recipe and show what a run would do: every problem at once, what is reused and what is not."""
    planned = make_plan(_request(recipe, home, settings, Engine(), sample))
    emit(_plan_record(planned)) if as_json else _show_plan(planned)


def _plan_record(planned: Planned) -> dict[str, Any]:
    plan = planned.plan
    return {
        "plan": plan.core,
        "release_id": plan.release_id,
        "base_release": plan.base_release,
        "adds": bool(plan.released),
        "passages_apart": counted_apart(plan, Home.of(plan.home)),
        "as_of": plan.as_of,
        "finished": planned.finished,
        "tasks": len(planned.tasks),
        "reuse": [asdict(entry) for entry in reuse(plan, planned.tasks)],
        "sources": [
            {"name": s.name, "licence": s.licence_class, "items": s.snapshot.items, "bytes": s.snapshot.bytes}
            for s in plan.sources
        ],
        "refused": [r.model_dump() for r in plan.refused],
        "stopped": [r.model_dump() for r in plan.stopped],
    }


def _show_plan(planned: Planned) -> None:
    plan = planned.plan
    rows = [
        (s.name, s.spec.sector, s.licence_class, s.snapshot.items, f"{s.snapshot.bytes / 1e6:.1f}")
        for s in plan.sources
    ]
    show(f"Plan of {plan.recipe.name}", ["source", "sector", "licence", "items", "MB"], rows)
    if plan.refused:
        show(
            "Refused before a byte was read",
            ["source", "why", "policies"],
            [(r.source, r.reason, ", ".join(r.policies)) for r in plan.refused],
        )
    if plan.stopped:
        cells = [(r.source, r.reason, ", ".join(r.policies)) for r in plan.stopped]
        show("Released, and carried over no longer", ["source", "why", "policies"], cells)
    entries = reuse(plan, planned.tasks)
    cells = [(e.source, f"{e.reused} of {e.tasks}", e.why) for e in entries]
    show("Reused", ["source", "prepare tasks", "why not the rest"], cells)
    fields = {
        "plan": plan.core,
        "release": plan.release_id,
        "starts from": plan.base_release or "nothing: this is the first release",
        "what was released": "stays, and is added to" if plan.released else "is replaced by what the sources hold",
        "as of": plan.as_of,
        **({"passages not counted of": ", ".join(apart)} if (apart := counted_apart(plan, Home.of(plan.home))) else {}),
        "finished": "yes: a run would do nothing" if planned.finished else "no",
    }
    show_fields("", fields)


def run(
    recipe: RecipeArgument,
    runner: RunnerOption = "auto",
    workers: WorkersOption = None,
    beam: BeamOption = None,
    sample: SampleOption = None,
    settings: SetOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a recipe to a release. Stop it at any time: the same command goes on where it stopped."""
    from pipelines.job import run_job  # Beam takes 3 s to import: only runs pay for it

    engine = Engine(runner, workers, tuple(beam or ()))
    result = run_job(_request(recipe, home, settings, engine, sample), errors if as_json else console, quiet=as_json)
    if as_json:
        emit(result)
        return
    if not result["worked"]:
        console.print("nothing to do: this plan is released already", style="bold")
    console.print(f"release: {result['release']}", highlight=False, soft_wrap=True)
    console.print(f"report:  {result['report']}", highlight=False, soft_wrap=True)
    console.print("next:", style="bold")
    for command in result["next"]:
        console.print(f"  {command}", highlight=False, markup=False, soft_wrap=True)


def runs(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the runs of this installation, the latest first."""
    from pipelines.runs import list_runs

    found = list_runs(Home.of(home))
    if as_json:
        emit(found)
        return
    columns = ["run", "recipe", "state", "release", "documents", "kept", "seconds"]
    show("Runs", columns, [[r.get(c) for c in columns] for r in found])


def diff(first: RunArgument, second: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Compare two runs: settings, sources and counts that differ."""
    from pipelines.runs import compare_runs

    found = compare_runs(Home.of(home), first, second)
    if as_json:
        emit(found)
        return
    show(f"{first} → {second}", ["what", first, second], [(d["what"], d["first"], d["second"]) for d in found])


def report(
    run_id: RunArgument = "latest",
    home: HomeOption = None,
    as_json: JsonOption = False,
    browse: Annotated[bool, typer.Option("--browse", help="Open it in the browser.")] = False,
) -> None:
    """Say where the run's report is: one HTML file that needs nothing beside it."""
    from pipelines.runs import find_run

    path = Home.of(home).run(find_run(Home.of(home), run_id)) / "report.html"
    if not path.exists():
        raise NotFoundError(f"run {path.parent.name} left no report: it never made a release; see `malmoi runs`")
    if as_json:
        emit({"report": str(path)})
    else:
        console.print(str(path), highlight=False, soft_wrap=True)
    if browse:
        webbrowser.open(path.as_uri())
