"""Finds the few places of a text column that could hold something personal: one pass over the Arrow bytes.

No Python string is made here. The kernel decodes UTF-8, reads a cluster where a digit stands, and writes a window
(row, byte range, first code point) wherever a trigger fires. Everything later looks at windows only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa
from numba import njit

from transforms.pii.alphabet import CLASS, DIGIT, NUMERAL
from transforms.pii.clusters import SHAPE_SIZE
from transforms.pii.triggers import fire
from transforms.pii.utf8 import back_up, decode, move_on


class Trigger(IntEnum):
    """What made a window; each recogniser names the one it reads."""

    NUMBER = 0  # nine digits and more, a letter among seven, or four groups with dots
    PLATE = 1  # two or three digits, a usage letter, four digits
    PLACE = 2  # a road or lot name before a number
    AT = 3  # @ or 골뱅이
    LINK = 4  # :// or www.
    LABELLED = 5  # a number after 번호, 우편, ID, or five digits in brackets
    DATE = 6  # a number beside 생 (생년월일, 일생), 세 or 살


# Code points of context before and after what fired.
LEAD = {
    Trigger.NUMBER: 48,
    Trigger.PLATE: 24,
    Trigger.PLACE: 56,
    Trigger.AT: 72,
    Trigger.LINK: 12,
    Trigger.LABELLED: 48,
    Trigger.DATE: 32,
}
TAIL = {
    Trigger.NUMBER: 16,
    Trigger.PLATE: 16,
    Trigger.PLACE: 72,
    Trigger.AT: 72,
    Trigger.LINK: 300,
    Trigger.LABELLED: 24,
    Trigger.DATE: 24,
}
_LEAD = np.array([LEAD[t] for t in Trigger], dtype=np.int64)
_LINK = int(Trigger.LINK)
_TAIL = np.array([TAIL[t] for t in Trigger], dtype=np.int64)

SKIP, NUMERIC, SIGN_AT, SIGN_COLON, SIGN_W, SIGN_GOL, SIGN_BRACKET = range(7)


def _actions() -> np.ndarray:
    table = np.zeros(0x10000, dtype=np.uint8)
    table[(CLASS == DIGIT) | (CLASS == NUMERAL)] = NUMERIC
    for signs, action in (
        ("@＠﹫", SIGN_AT),
        (":：", SIGN_COLON),
        ("wW", SIGN_W),
        ("골", SIGN_GOL),
        ("([", SIGN_BRACKET),
    ):
        for sign in signs:
            table[ord(sign)] = action
    return table


ACTION = _actions()


@dataclass(frozen=True)
class Windows:
    """Candidate places, in text order per trigger.

    Attributes:
        trigger: int64, a Trigger.
        row: int64.
        first: int64, first byte in the data buffer.
        last: int64, byte after the window.
        point: int64, code points of the row before `first`.
    """

    trigger: np.ndarray
    row: np.ndarray
    first: np.ndarray
    last: np.ndarray
    point: np.ndarray

    def of(self, trigger: Trigger) -> Windows:
        """The windows one trigger made."""
        keep = self.trigger == trigger
        return Windows(self.trigger[keep], self.row[keep], self.first[keep], self.last[keep], self.point[keep])


def buffers(text: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Data bytes, int64 offsets (rows + 1) and validity of a string or large_string array; the bytes are not copied."""
    count = len(text)
    valid = np.asarray(text.is_valid()) if text.null_count else np.ones(count, np.bool_)
    _, offsets, data = text.buffers()
    if count == 0 or offsets is None:
        return np.zeros(1, np.uint8), np.zeros(count + 1, np.int64), valid
    width = np.int64 if pa.types.is_large_string(text.type) else np.int32
    positions = np.frombuffer(offsets, dtype=width)[text.offset : text.offset + count + 1].astype(np.int64)
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return raw, positions, valid


def find_windows(text: pa.Array) -> Windows:
    """Every candidate window of a string column; overlapping windows of one trigger are one."""
    data, offsets, valid = buffers(text)
    capacity = 1024 + int(offsets[-1] - offsets[0]) // 256
    while True:
        out = np.empty((5, capacity), dtype=np.int64)
        count = _scan(data, offsets, valid, ACTION, _LEAD, _TAIL, out)
        if count <= capacity:
            break
        capacity = count
    return Windows(*(out[i, :count] for i in range(5)))


@njit(cache=True)
def _scan(data, offsets, valid, action, lead, tail, out):  # type: ignore[no-untyped-def]
    """Fills `out` with the windows of every row; returns how many there are, which may be more than fit."""
    count = 0
    latest = np.empty(len(lead), dtype=np.int64)  # index of each trigger's last window in this row, or -1
    hits = np.empty((len(lead), 2), dtype=np.int64)  # bytes of what fired, -1 where nothing did
    shape = np.empty(SHAPE_SIZE, dtype=np.int64)
    for row in range(len(valid)):
        if not valid[row]:
            continue
        start, stop = offsets[row], offsets[row + 1]
        at, point = start, np.int64(0)
        latest[:] = -1
        while at < stop:
            sign, size = decode(data, at, stop)
            if action[sign] == SKIP:
                at += size
                point += 1
                continue
            hits[:] = -1
            end, passed = fire(data, start, at, stop, action[sign], shape, hits)
            for trigger in range(len(lead)):
                if hits[trigger, 0] >= 0:
                    count = _open(data, start, stop, row, point, at, trigger, hits, lead, tail, latest, count, out)
            at, point = end, point + passed
    return count


@njit(cache=True)
def _link_end(data, at, stop):  # type: ignore[no-untyped-def]
    """Byte after the sign that ends the web address at byte `at`: a blank, or Hangul; full-width signs go on."""
    while at < stop:
        sign, size = decode(data, at, stop)
        at += size
        if sign <= 32 or 0xAC00 <= sign <= 0xD7A3:
            break
    return at


@njit(cache=True)
def _open(data, start, stop, row, point, at, trigger, hits, lead, tail, latest, count, out):  # type: ignore[no-untyped-def]
    """Writes a window around a hit, or widens the trigger's last one where they touch."""
    begin, back = back_up(data, at, start, lead[trigger])
    end = move_on(data, hits[trigger, 1], stop, tail[trigger])
    if trigger == _LINK:
        end = _link_end(data, hits[trigger, 1], end)
    known = latest[trigger]
    if known >= 0 and known < out.shape[1] and begin <= out[3, known]:
        out[3, known] = max(out[3, known], end)
        return count
    latest[trigger] = count
    if count < out.shape[1]:
        out[0, count], out[1, count] = trigger, row
        out[2, count], out[3, count], out[4, count] = begin, end, point - back
    return count + 1
