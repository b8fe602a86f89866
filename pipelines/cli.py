"""The `malmoi` command: one sub-app or command a capability, each in its own file under `commands/`."""

from __future__ import annotations

import logging
import os
import sys

import typer

from governance.records.errors import MalmoiError
from pipelines.commands import (
    audit,
    demo,
    erase,
    keys,
    maintenance,
    pull,
    query,
    queue,
    run,
    serve,
    share,
    trace,
    verify,
)
from pipelines.commands.output import fail

EPILOG = (
    "Exit codes: 0 done · 1 failed · 2 a setting is wrong · 3 refused by a policy · 4 integrity · 5 busy · 6 not found "
    "· 7 a key is missing · 8 newer format · 130 stopped by Ctrl-C (run again to go on)"
)

app = typer.Typer(
    name="malmoi",
    help="Malmoi (말모이): Korean text in, governed corpora out.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _mount() -> None:
    for module in (run, demo, trace, verify, query, pull, erase, maintenance, serve, keys):
        module.register(app)
    app.add_typer(share.app, name="share", help="Recipients, grants and profiles (consortia's door).")
    app.add_typer(queue.app, name="queue", help="Labelling queue (labellers' door).")
    app.add_typer(audit.app, name="audit", help="Pulls, decisions and the event log (officers' door).")


_mount()


def main() -> None:
    """Entry point: errors become one clear message and their exit code, never a traceback."""
    logging.getLogger().addFilter(lambda record: "apitools not found" not in record.getMessage())
    # A broken pipe (`malmoi trace … | head`) is the reader's wish, not an error.
    try:
        app(standalone_mode=True)
    except MalmoiError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what is finished is kept, run the same command again to go on\n")
        sys.stderr.flush()
        # A worker thread may still be inside native code: there is nothing left to close, so leave at once.
        os._exit(130)


if __name__ == "__main__":
    main()
