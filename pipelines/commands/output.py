"""How commands speak: tables and sentences to people, one JSON value to machines, errors to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from governance.records.errors import ConfigError, MalmoiError, RefusedError

HomeOption = Annotated[
    str | None,
    typer.Option(
        "--home", envvar="MALMOI_HOME", help="Directory of the installation (default: .malmoi).", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON value on standard output, for machines.")]

console = Console()
errors = Console(stderr=True)


def emit(value: Any) -> None:
    """Prints one JSON value."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Prints a table, or that it is empty; values are never read as markup."""
    cells = [[_cell(value).replace("[", r"\[") for value in row] for row in rows]
    if not cells:
        console.print(f"{title or 'Rows'}: none", highlight=False, markup=False)
        return
    # Ids are there to be copied: a narrow terminal folds them, it never cuts them off.
    folded = [Column(name, overflow="fold") for name in columns]
    table = Table(
        *folded,
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(value)


def show_fields(title: str, fields: Mapping[str, Any]) -> None:
    """Prints names and values, a line each."""
    table = Table(Column(style="dim"), Column(overflow="fold"), show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in fields.items():
        table.add_row(name, _cell(value).replace("[", r"\["))
    if title:
        console.print(title, style="bold", highlight=False, markup=False)
    console.print(table)


def say(error: MalmoiError) -> None:
    """Prints an error, and its policies if any."""
    if isinstance(error, ConfigError) and len(error.problems) > 1:
        errors.print(f"{len(error.problems)} problems:", style="bold red", highlight=False, markup=False)
        for problem in error.problems:
            errors.print(f"  - {problem}", highlight=False, markup=False, soft_wrap=True)
    else:
        errors.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
    if isinstance(error, RefusedError) and error.policies:
        errors.print(f"policies: {', '.join(error.policies)}", highlight=False, markup=False)
