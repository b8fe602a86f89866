"""Rows written in conjoining jamo (NFD), composed for the scan, with the way back to their original offsets.

File names from one maker's computers, and what was pasted from them, come decomposed. They are rare, so only rows that
hold such signs are rewritten.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit

from transforms.pii.rewrite import replace_rows
from transforms.pii.windows import buffers

_SYLLABLE = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")


@dataclass(frozen=True)
class Composed:
    """A column whose decomposed rows are composed.

    Attributes:
        column: the same rows; same type.
        places: row → original code point of each sign, and one more for the end.
    """

    column: pa.Array
    places: dict[int, np.ndarray]

    def original(self, row: int, point: int) -> int:
        """The original code point of a place in a row."""
        return int(self.places[row][point]) if row in self.places else point


def compose(text: pa.Array) -> Composed:
    """The column with its decomposed rows composed; the very same column where there are none."""
    data, offsets, valid = buffers(text)
    if not (data[offsets[0] : offsets[-1]] == 0xE1).any():
        return Composed(text, {})
    rows = np.nonzero(_decomposed(data, offsets, valid))[0].tolist()
    composed = {row: _compose(text[row].as_py()) for row in rows}
    return Composed(
        replace_rows(text, {row: value for row, (value, _) in composed.items()}),
        {row: places for row, (_, places) in composed.items()},
    )


@njit(cache=True)
def _decomposed(data, offsets, valid):  # type: ignore[no-untyped-def]
    """Rows that hold a sign of U+1100 to U+11FF (bytes E1 84 to E1 87)."""
    found = np.zeros(len(valid), dtype=np.bool_)
    for row in range(len(valid)):
        for at in range(offsets[row], offsets[row + 1] - 1):
            if data[at] == 0xE1 and 0x84 <= data[at + 1] <= 0x87:
                found[row] = valid[row]
                break
    return found


def _compose(text: str) -> tuple[str, np.ndarray]:
    parts, places, done = [], [], 0
    for match in _SYLLABLE.finditer(text):
        parts += [text[done : match.start()], unicodedata.normalize("NFC", match.group())]
        places.append(np.arange(done, match.start() + 1))
        done = match.end()
    return "".join([*parts, text[done:]]), np.concatenate([*places, np.arange(done, len(text) + 1)])
