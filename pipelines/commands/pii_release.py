"""`malmoi pii view | found | rewrite | clear`: personal information in what was released."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds the commands."""
