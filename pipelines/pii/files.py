"""The files that are given: JSON Lines, Parquet and plain text, the first and last also compressed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from governance.records.errors import ConfigError, NotFoundError
from governance.records.settings import nearest

_PACKED = ("", ".gz", ".zst")


class Kind(Enum):
    """What a file holds, by the end of its name."""

    JSONL = tuple(kind + packed for kind in (".jsonl", ".ndjson") for packed in _PACKED)
    PARQUET = (".parquet",)
    TEXT = tuple(kind + packed for kind in (".txt", ".text", ".md") for packed in _PACKED)


_ENDINGS = tuple(ending for kind in Kind for ending in kind.value)


class File(NamedTuple):
    """One file: its place in the order given, and its path relative to what was given."""

    number: int
    path: Path
    relative: Path
    kind: Kind

    @property
    def packing(self) -> str:
        """ ".gz", ".zst" or nothing."""
        return self.path.suffix if self.path.suffix in _PACKED else ""


def find_files(paths: Sequence[Path]) -> tuple[File, ...]:
    """Files, and the files of a known kind below directories, in order of their names.

    Raises:
        NotFoundError: a path that is not there, or a directory without a file of a known kind.
        ConfigError: a name that says no kind; every one of them.
    """
    found: list[tuple[Path, Path]] = []
    problems = []
    for path in paths:
        if path.is_dir():
            found += _below(path)
        elif not path.exists():
            known = [str(other) for other in path.parent.glob("*")] if path.parent.is_dir() else []
            raise NotFoundError(f"{path}: no such file{nearest(str(path), known)}")
        elif not path.name.endswith(_ENDINGS):
            problems.append(f"{path}: the name must end in one of {', '.join(_ENDINGS)} to say what it holds")
        else:
            found.append((path, Path(path.name)))
    if problems:
        raise ConfigError(problems)
    return tuple(File(n, path, relative, _kind(path)) for n, (path, relative) in enumerate(found))


def _below(directory: Path) -> list[tuple[Path, Path]]:
    inside = sorted(path for path in directory.rglob("*") if path.name.endswith(_ENDINGS) and path.is_file())
    if not inside:
        raise NotFoundError(f"{directory}: no file below it ends in one of {', '.join(_ENDINGS)}")
    return [(path, path.relative_to(directory)) for path in inside]


def _kind(path: Path) -> Kind:
    return next(kind for kind in Kind if path.name.endswith(kind.value))


def size_of(files: Sequence[File]) -> int:
    """Bytes on disk."""
    return sum(file.path.stat().st_size for file in files)
