"""The `malmoi` command. Each capability is a file under `commands/`, imported only when it is asked for."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from governance.records.errors import MalmoiError
from pipelines.commands.output import say

EPILOG = (
    "Exit codes: 0 done · 1 failed · 2 a setting is wrong · 3 refused by a policy · 4 integrity · 5 busy · 6 not found "
    "· 7 a key is missing · 8 newer format · 130 stopped by Ctrl-C (run again to go on)"
)


@dataclass(frozen=True)
class Entry:
    """Where a command lives, and its line in the help. A `group` has sub-commands."""

    module: str
    help: str
    group: bool = False


COMMANDS = {
    "demo": Entry("demo", "Sample corpora, the main job over them, and where to look next."),
    "plan": Entry("run", "Validate a recipe and show what a run would do."),
    "run": Entry("run", "Run a recipe to a release; stopped, it goes on where it stopped."),
    "runs": Entry("run", "List the runs of this installation."),
    "diff": Entry("run", "Compare two runs."),
    "report": Entry("run", "Where a run's report is."),
    "query": Entry("query", "SQL over a release."),
    "dedup": Entry("dedup", "Deduplication alone, over Parquet or JSON Lines files."),
    "clusters": Entry("clusters", "Clusters of duplicates of a release, and two members side by side."),
    "pii": Entry("pii", "Personal information: scan, redact, judge, view, and discoveries in releases.", group=True),
    "trace": Entry("trace", "Where a document came from, what was decided on it, where it is, who has it."),
    "verify": Entry("verify", "Is a release what was signed?"),
    "audit": Entry("audit", "Pulls, decisions and the event log.", group=True),
    "erase": Entry("erase", "A document, or a whole source, leaves every zone and stays out."),
    "purge": Entry("maintenance", "Destroy restricted zones past their end date."),
    "gc": Entry("maintenance", "Delete what no release names."),
    "keys": Entry("keys", "The public key for verifiers; names of the keys, never the keys.", group=True),
    "serve": Entry("serve", "Delta Sharing for consortia and the labelling page, on one address."),
    "share": Entry("share", "Recipients, grants and profiles.", group=True),
    "pull": Entry("pull", "Bring your part of a corpus home, resumable and verified."),
    "queue": Entry("queue", "Labelling tasks and answers.", group=True),
}


class Commands(TyperGroup):
    """Lists every command from the table, and imports only the one that runs: help and small commands stay fast."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (Typer's shape)
        """Names in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (Typer's shape)
        """A line for the help; `resolve_command` loads the real one."""
        entry = COMMANDS.get(cmd_name)
        return None if entry is None else TyperCommand(cmd_name, help=entry.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command, loaded now."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load(str(name)), rest


def load(name: str) -> Any:
    """Imports the module of a command and builds it."""
    entry = COMMANDS[name]
    module: Any = importlib.import_module(f"pipelines.commands.{entry.module}")
    if entry.group:
        return get_command(module.app)
    app = typer.Typer(add_completion=False)
    app.callback()(lambda: None)  # keeps a single command from becoming the whole application
    module.register(app)
    group: Any = get_command(app)
    return group.commands[name]


app = typer.Typer(
    name="malmoi",
    cls=Commands,
    help="Malmoi (말모이): Korean text in, governed corpora out.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _top() -> None:
    """Malmoi (말모이): Korean text in, governed corpora out."""


def main() -> None:
    """Entry point: errors become one clear message and their exit code, never a traceback."""
    logging.getLogger().addFilter(lambda record: "apitools not found" not in record.getMessage())
    try:
        app(standalone_mode=True)
    except MalmoiError as error:
        say(error)
        sys.stderr.flush()
        # After Ctrl-C a thread may still be inside native code, and nothing is left to close: leave at once.
        os._exit(error.exit_code)


if __name__ == "__main__":
    main()
