"""Two texts as aligned rows of pieces: lines first, then eojeol (어절), then characters inside what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import NamedTuple

from pipelines.pages import lines_of

_TOKENS = re.compile(r"\S+|\s+")
# Characters are compared where both sides together take less than this many comparisons.
_MOST_COMPARISONS = 250_000


class Piece(NamedTuple):
    """Characters that stand on both sides, or on this one only."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Row:
    """A line of each side, or of one; `number` counts lines from 1."""

    left: tuple[Piece, ...] | None
    right: tuple[Piece, ...] | None
    left_number: int | None
    right_number: int | None

    @property
    def equal(self) -> bool:
        """Whether nothing on it changed."""
        return self.left is not None and self.left == self.right


@dataclass(frozen=True)
class Group:
    """Consecutive rows that are all equal, or of which each has a change; `fold` says they may be left out of sight."""

    rows: tuple[Row, ...]
    fold: bool


def compare(left: str, right: str) -> list[Row]:
    """Rows of both texts in order; the pieces of a side, joined by line feeds, are that side."""
    one, other = left.split("\n"), right.split("\n")
    rows: list[Row] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, one, other).get_opcodes():
        if tag == "equal":
            rows += [_equal(one[i + n], i + n, j + n) for n in range(i_end - i)]
        else:
            rows += _changed(one[i:i_end], other[j:j_end], i, j)
    return rows


def groups(rows: Sequence[Row], *, context: int = 2) -> list[Group]:
    """Rows with long equal stretches set apart, `context` equal rows left on either side of a change."""
    changes = [n for n, row in enumerate(rows) if not row.equal]
    near = {n + step for n in changes for step in range(-context, context + 1)}
    found = []
    for fold, numbers in groupby(range(len(rows)), key=lambda n: n not in near):
        group = tuple(rows[n] for n in numbers)
        # A line or two cost less to show than to hide.
        found.append(Group(group, fold and len(group) > context))
    return found


def counted(rows: Sequence[Row]) -> dict[str, int]:
    """Characters on both sides, on the left only and on the right only."""
    left = [piece for row in rows for piece in row.left or ()]
    right = [piece for row in rows for piece in row.right or ()]
    return {
        "same": sum(len(p.text) for p in left if not p.changed),
        "left_only": sum(len(p.text) for p in left if p.changed),
        "right_only": sum(len(p.text) for p in right if p.changed),
    }


def _equal(line: str, left: int, right: int) -> Row:
    pieces = (Piece(line, False),) if line else ()
    return Row(pieces, pieces, left + 1, right + 1)


def _changed(left: list[str], right: list[str], first_left: int, first_right: int) -> Iterator[Row]:
    """Rows of a block of lines that differs."""
    one, other = ("\n".join(side) for side in (left, right))
    pieces = list(_pieces(one, other)) if left and right else [(one, other, True)]
    lefts = list(map(tuple, lines_of(Piece(a, changed) for a, _, changed in pieces))) if left else []
    rights = list(map(tuple, lines_of(Piece(b, changed) for _, b, changed in pieces))) if right else []
    for n, (a, b) in enumerate(zip_longest(lefts, rights)):
        yield Row(a, b, None if a is None else first_left + n + 1, None if b is None else first_right + n + 1)


def _pieces(left: str, right: str) -> Iterator[tuple[str, str, bool]]:
    one, other = _TOKENS.findall(left), _TOKENS.findall(right)
    for tag, i, i_end, j, j_end in SequenceMatcher(None, one, other).get_opcodes():
        a, b = "".join(one[i:i_end]), "".join(other[j:j_end])
        if tag == "replace" and len(a) * len(b) <= _MOST_COMPARISONS:
            for inner, k, k_end, m, m_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
                yield a[k:k_end], b[m:m_end], inner != "equal"
        else:
            yield a, b, tag != "equal"
