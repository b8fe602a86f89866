"""Looks for the words that make a plain number personal: 번호, 우편, 생년월일, ID before it, 생 or 세 after it."""

from __future__ import annotations

from numba import njit

from transforms.pii.alphabet import CLASS, LETTER, SPACE, ZERO_WIDTH
from transforms.pii.syllables import BIRTH, LABEL, SYLLABLE
from transforms.pii.utf8 import decode, step_back

REACH = 14  # signs before a number in which such a word counts
_SENG, _SE, _SAL, _GI, _DAE, _IL, _NYEON = ord("생"), ord("세"), ord("살"), ord("기"), ord("대"), ord("일"), ord("년")


@njit(cache=True)
def look_back(data, start, at):  # type: ignore[no-untyped-def]
    """Flags (LABEL, BIRTH, POST) of the signs before byte `at`; ID counts as LABEL, birth and DOB as BIRTH."""
    flags, limit = 0, at
    for _ in range(REACH):
        if at <= start:
            break
        at = step_back(data, at, start)
        sign, _ = decode(data, at, limit)
        flags |= SYLLABLE[sign] & 0xE0
        if CLASS[sign] == LETTER and at > start + 1:
            flags |= _latin(data[at - 2] | 32, data[at - 1] | 32, sign | 32)
    return flags


@njit(cache=True)
def _latin(second, first, sign):  # type: ignore[no-untyped-def]
    """What the last letters of a Latin word say: `id`, `no`, `rth` of birth, `dob`."""
    if sign == 100 and first == 105:
        return LABEL
    if sign == 111 and first == 110:
        return LABEL
    if (second == 114 and first == 116 and sign == 104) or (second == 100 and first == 111 and sign == 98):
        return BIRTH
    return 0


@njit(cache=True)
def birth_follows(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether `생` stands at byte `at`, after at most three of 일, 년, a dot, a blank or a bracket."""
    for _ in range(4):
        if at >= stop:
            return False
        sign, size = decode(data, at, stop)
        if sign == _SENG:
            return True
        if sign not in (_IL, _NYEON, 46, 32, 41):
            return False
        at += size
    return False


@njit(cache=True)
def age_follows(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether 세 or 살 stands at byte `at`, and not 세기 or 세대."""
    while at < stop:
        sign, size = decode(data, at, stop)
        at += size
        if sign == _SAL:
            return True
        if sign == _SE:
            return at >= stop or decode(data, at, stop)[0] not in (_GI, _DAE)
        if CLASS[sign] not in (SPACE, ZERO_WIDTH):
            return False
    return False
