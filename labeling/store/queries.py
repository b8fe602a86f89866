"""Reads `schema.sql` and `queries.sql`: each query has a name and at least one line that says what it is for."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from governance.records.errors import VersionError

VERSION = 1  # of the tables; a change that old code cannot work with raises it

_HEAD = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


def _text(name: str) -> str:
    return files("labeling.store").joinpath(name).read_text(encoding="utf-8")


@cache
def schema() -> tuple[str, ...]:
    """Statements that make the tables and indexes; running them again changes nothing."""
    bare = re.sub(r"--[^\n]*", "", _text("schema.sql"))
    return tuple(part.strip() for part in bare.split(";") if part.strip())


def require_version(found: int | None, where: str) -> None:
    """Refuses tables of a newer version than this code knows.

    Raises:
        VersionError: says which version was met and which is known.
    """
    if found is None or found > VERSION:
        raise VersionError(f"{where}: queue of version {found}, this Malmoi knows up to {VERSION}; upgrade it")


@cache
def described() -> dict[str, tuple[str, str]]:
    """(prose, statement) of every named query.

    Raises:
        ValueError: two queries have one name.
    """
    parts = _HEAD.split(_text("queries.sql"))[1:]
    found: dict[str, tuple[str, str]] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in found:
            raise ValueError(f"queries.sql: two queries are named {name}")
        lines = body.strip().splitlines()
        prose = [line[3:] for line in lines if line.startswith("--")]
        found[name] = (" ".join(prose), "\n".join(line for line in lines if not line.startswith("--")).rstrip(";"))
    return found


@cache
def queries() -> dict[str, str]:
    """Statement of every named query, with `:name` parameters."""
    return {name: statement for name, (_, statement) in described().items()}


def percent_style(statement: str) -> str:
    """The statement with `%(name)s` parameters."""
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))
