"""`malmoi pull`: a recipient brings its part of a corpus home, resumable and verified."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from governance.records.errors import NotFoundError
from governance.sharing.client import PullOptions
from governance.sharing.client import pull as pull_table
from pipelines.commands.output import JsonOption, console, emit, errors


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("pull")(pull)


def pull(
    profile: Annotated[Path, typer.Argument(help="Profile file from the publisher (`malmoi share profile`).")],
    table: Annotated[str, typer.Argument(help="share.purpose.corpus, or as much of its end as is unambiguous.")],
    directory: Annotated[Path, typer.Argument(help="Where to; a stopped pull goes on from what is there.")],
    key: Annotated[Path, typer.Option("--key", help="Publisher's public key (PEM), by another road than the files.")],
    as_json: JsonOption = False,
) -> None:
    """Pull the shards you are entitled to; every file is verified, the attribution list comes along."""
    if not key.is_file():
        raise NotFoundError(f"{key}: no such key file; ask the publisher for the public key")
    with _bar(quiet=as_json) as bar:
        work = bar.add_task(table, total=None)

        def tell(done: int, whole: int) -> None:
            bar.update(work, completed=done, total=whole)

        options = PullOptions(progress=tell)
        report = pull_table(profile, table, directory, public_key_pem=key.read_bytes(), options=options)
    if as_json:
        emit(asdict(report))
        return
    console.print(f"pulled into {directory}:", highlight=False)
    for name, value in asdict(report).items():
        console.print(f"  {name}: {value}", highlight=False, markup=False)


def _bar(*, quiet: bool) -> Progress:
    """Bytes done, speed and time left, on a terminal alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    hidden = quiet or not errors.is_terminal
    return Progress(*columns, TimeRemainingColumn(), console=errors, transient=True, disable=hidden)
