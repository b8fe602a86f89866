"""The command as a user types it, run in this process."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from typer.main import get_command

from governance.records.errors import MalmoiError
from pipelines.cli import app
from pipelines.commands import output


@dataclass
class Result:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.out.strip().splitlines()[-1])


def invoke(*arguments: str) -> Result:
    """Runs `malmoi ARGUMENTS`."""
    out, err = io.StringIO(), io.StringIO()
    # Both consoles write to whatever stands for the standard streams at the time.
    with redirect_stdout(out), redirect_stderr(err):
        code = _run(list(arguments))
    return Result(code, out.getvalue(), err.getvalue())


def _run(arguments: list[str]) -> int:
    try:
        get_command(app).main(arguments, prog_name="malmoi", standalone_mode=True)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except MalmoiError as error:
        output.say(error)
        return error.exit_code
    return 0
