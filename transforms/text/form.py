"""The text form: what two copies share although spacing, punctuation, width and case differ.

`plain_form` states it; the tables say for each code point what it becomes on its own, and which code points cannot be
judged on their own, so that a kernel can do nearly every document and `plain_form` the rest.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from transforms.text.buffers import Bytes, Flags
from transforms.text.signs import CODE_POINTS, UNIFORM, composing, slow_points

DROP, KEEP, MAP, LEAD, VOWEL, TAIL, EXACT = range(7)
# Modern conjoining jamo, which NFKC joins into syllables; compatibility and half-width ones become these.
_JAMO = {LEAD: (0x1100, 0x1113), VOWEL: (0x1161, 0x1176), TAIL: (0x11A8, 0x11C3)}


def plain_form(text: str) -> str:
    """NFKC, case folded, NFKC again, letters and digits (Unicode L and N) only; one document, plain Python."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] in "LN")


class Forms(NamedTuple):
    """What becomes of each code point.

    Attributes:
        kinds: by code point. DROP leaves nothing; KEEP itself; MAP, and the jamo LEAD, VOWEL and TAIL, something else,
            the jamo only where they do not join; EXACT depends on what stands beside it.
        ascii: for the first 128, the byte that stays, or 0.
        points: code points that become something else, ascending.
        starts: the form of points[k] is `data[starts[k]:starts[k + 1]]`, UTF-8, never longer than its character.
        data: those forms.
    """

    kinds: Flags
    ascii: Flags
    points: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    data: Bytes


@cache
def forms() -> Forms:
    """The tables, built once a process."""
    kinds, mapped = np.zeros(CODE_POINTS, np.uint8), {}
    for first, last in UNIFORM:
        kinds[first:last] = [KEEP if unicodedata.category(chr(p))[0] in "LN" else DROP for p in range(first, last)]
    for point in slow_points():
        kinds[point], form = _kind(chr(point))
        if kinds[point] in (MAP, *_JAMO):
            mapped[point] = form.encode()
    lower = np.array([(plain_form(chr(point)) or "\0").encode()[0] for point in range(128)], np.uint8)
    starts = np.cumsum([0, *map(len, mapped.values())])
    return Forms(kinds, lower, np.array(list(mapped)), starts, np.frombuffer(b"".join(mapped.values()), np.uint8))


def _kind(sign: str) -> tuple[int, str]:
    """What a character becomes wherever it stands, or EXACT where its neighbours or its length matter."""
    if unicodedata.category(sign) in ("Cn", "Co"):  # unassigned and private: most of what is asked here
        return DROP, ""
    wide = unicodedata.normalize("NFKC", sign)
    for kind, (first, last) in _JAMO.items():
        if len(wide) == 1 and first <= ord(wide) < last:
            return kind, wide
    folded = wide.casefold()
    heads = (wide[0], folded[0], unicodedata.normalize("NFKC", folded)[0])
    form = plain_form(sign)
    if any(ord(head) in composing() for head in heads) or len(form.encode()) > len(sign.encode()):
        return EXACT, ""
    if form in ("", sign):
        return (DROP if form == "" else KEEP), form
    return MAP, form
