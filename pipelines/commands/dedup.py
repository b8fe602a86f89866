"""`malmoi dedup`: deduplication alone, over Parquet or JSON Lines of any origin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.commands.output import JsonOption, emit, errors, show, show_fields


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("dedup")(dedup)


def dedup(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…", help="Files (.parquet, .jsonl, .jsonl.gz, .jsonl.zst), or directories.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Directory for clusters.parquet and stats.json.")],
    preset: Annotated[
        str, typer.Option("--preset", help="Parameters: korean, fineweb-14x8 or curator-20x13.")
    ] = "korean",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="key=value: exact, near, bound, measure, rounds, normalise, chunk_bytes; may be repeated.",
        ),
    ] = None,
    id_column: Annotated[str, typer.Option("--id-column", help="Column of the ids.")] = "id",
    text_column: Annotated[str, typer.Option("--text-column", help="Column of the texts.")] = "text",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="Threads (default: every core).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier result.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find duplicates in files: which document stays, which leaves for which, and how alike they are."""
    from pipelines.dedup.alone import Job, deduplicate
    from pipelines.dedup.rows import Columns
    from pipelines.dedup.settings import read_settings

    chosen = read_settings(preset, settings or [])
    job = Job(tuple(paths), out, chosen, Columns(id_column, text_column), overwrite, threads)
    with errors.status("", spinner="dots") as status:
        stats = deduplicate(job, lambda step: status.update(_WORDS[step]))
    if as_json:
        emit(stats)
    else:
        _show(out, stats)


_WORDS = {
    "sign": "reading and signing every text",
    "group": "looking for shared keys",
    "connect": "joining what met",
    "collect": "reading the candidates' texts",
    "verify": "comparing candidates",
}


def _show(out: Path, stats: dict[str, Any]) -> None:
    show_fields("Documents", {name.replace("_", " "): f"{value:,}" for name, value in stats["books"].items()})
    rows = [(name, f"{step['seconds']:.2f}", _counted(step)) for name, step in stats["steps"].items()]
    show("Steps", ["step", "seconds", "counted"], rows)
    show_fields("Written", {"keep-set": out / "clusters.parquet", "counters": out / "stats.json"})


def _counted(step: dict[str, Any]) -> str:
    counters = {name: value for name, value in step.items() if name not in ("seconds", "cpu_s")}
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in counters.items())
