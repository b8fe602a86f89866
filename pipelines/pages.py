"""Pages that need nothing else: one HTML file, no script, no request, every string escaped."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from governance.records.storage import atomic_path

Piece = TypeVar("Piece", bound=Any)  # a named tuple with `text`


@cache
def environment(folder: Path, css: str) -> Environment:
    """The templates of a folder; its style sheet is `css` in them."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["css"] = Markup((folder / css).read_text(encoding="utf-8"))
    return made


def write_page(path: Path, page: str) -> None:
    """Readable by its owner alone, from its first byte: it holds text of the restricted zone."""
    with atomic_path(path, mode=0o600) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_text(page, encoding="utf-8")


def lines_of(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces of text cut at line feeds, without empty ones."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        for number, part in enumerate(piece.text.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append(piece._replace(text=part))
    return lines
