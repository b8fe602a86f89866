"""The files given, their two columns, and the parts of them that threads read side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from governance.records.errors import ConfigError, NotFoundError
from governance.records.settings import nearest
from pipelines.dedup.jsonl import JSONL, lines_of
from pipelines.dedup.parquet import groups_of
from pipelines.dedup.rows import Columns, Kind, Part


class Inputs(NamedTuple):
    """Files in the order given, and their parts in the order of their rows."""

    files: tuple[Path, ...]
    parts: tuple[Part, ...]
    bytes: int  # of the files as they lie on disk
    integers: bool  # ids are numbers


def open_inputs(paths: Sequence[Path], columns: Columns) -> Inputs:
    """Finds the files and looks at the head of each.

    Args:
        paths: files, or directories whose files below are taken in order of their names.
        columns: names of the id and of the text.

    Raises:
        NotFoundError: a path that is not there, or a directory without a file of a known kind.
        ConfigError: a name that says no kind, a column that is missing or of another type, or ids that are text in
            one file and numbers in another; every problem of every file.
        MalmoiError: a file that cannot be read.
    """
    files = tuple(file for path in paths for file in _files(path))
    problems: list[str] = []
    parts: list[Part] = []
    kinds: dict[Kind, Path] = {}
    for file in files:
        try:
            kind, found = _look(file, columns)
        except ConfigError as error:
            problems += error.problems
            continue
        parts += found
        if kind is not None:
            kinds.setdefault(kind, file)
    if len(kinds) > 1:
        text, numbers = kinds[Kind.TEXT], kinds[Kind.INTEGER]
        problems.append(f"column {columns.id!r}: text in {text} and numbers in {numbers}; make them one type")
    if problems:
        raise ConfigError(problems)
    return Inputs(files, tuple(parts), sum(file.stat().st_size for file in files), Kind.INTEGER in kinds)


def _look(file: Path, columns: Columns) -> tuple[Kind | None, list[Part]]:
    return groups_of(file, columns) if file.name.endswith(".parquet") else lines_of(file, columns)


_KINDS = (".parquet", *JSONL)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.name.endswith(_KINDS) and p.is_file())
        if not found:
            raise NotFoundError(f"{path}: no file below it ends in {', '.join(_KINDS)}")
        return found
    if not path.exists():
        known = [str(p) for p in path.parent.glob("*")] if path.parent.is_dir() else []
        raise NotFoundError(f"{path}: no such file{nearest(str(path), known)}")
    if not path.name.endswith(_KINDS):
        raise ConfigError(f"{path}: the name must end in {', '.join(_KINDS)} to say what it holds")
    return [path]
