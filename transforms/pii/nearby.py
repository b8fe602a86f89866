"""Looks for the words that make a plain number personal: 번호, 우편, 생년월일, ID before it, 생 or 세 after it."""

from __future__ import annotations

import numpy as np
from numba import njit

from transforms.pii.alphabet import CLASS, DIGIT, LETTER, SPACE, ZERO_WIDTH
from transforms.pii.syllables import BIRTH, LABEL, SYLLABLE
from transforms.pii.utf8 import decode, step_back

_GU, _I, _BAEK, _CHEON = ord("구"), ord("이"), ord("백"), ord("천")
_WON, _PI, _CHAE, _SIN, _CHEONG = ord("원"), ord("피"), ord("채"), ord("신"), ord("청")
REACH = 14  # signs before a number in which such a word counts
_TAE, _EO = ord("태"), ord("어")  # 태어난 날
_SENG, _SE, _SAL, _GI, _DAE, _IL, _NYEON = ord("생"), ord("세"), ord("살"), ord("기"), ord("대"), ord("일"), ord("년")


@njit(cache=True)
def look_back(data, start, at):  # type: ignore[no-untyped-def]
    """Flags (LABEL, BIRTH, POST) of the signs before byte `at`; ID counts as LABEL; 태어난, birth and DOB as BIRTH."""
    flags, limit, later = 0, at, np.int64(0)
    for _ in range(REACH):
        if at <= start:
            break
        at = step_back(data, at, start)
        sign, _ = decode(data, at, limit)
        flags |= SYLLABLE[sign] & 0xE0
        if sign == _TAE and later == _EO:
            flags |= BIRTH
        later = sign
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
def spelt_year(data, start, at, stop, sign):  # type: ignore[no-untyped-def]
    """Whether a year in words goes on at byte `at` after 구 (천구백) or 이 (이천), and a word calls it one of birth."""
    if at + 2 >= stop or sign not in (_GU, _I):
        return False
    hundred, thousand = data[at + 2] == 0xB1, data[at + 2] == 0x9C  # 백 is EB B0 B1, 천 is EC B2 9C
    if not (hundred or thousand) or decode(data, at, stop)[0] != (_BAEK if sign == _GU else _CHEON):
        return False
    return look_back(data, start, at - 6 if sign == _GU and at - 6 > start else at - 3) & BIRTH != 0


@njit(cache=True)
def case_follows(data, at, stop):  # type: ignore[no-untyped-def]
    """Whether the rest of a case number and a party's role stand at byte `at`, after the year: 가합12345 원고."""
    signs = digits = 0
    while at < stop and digits <= 7:
        sign, size = decode(data, at, stop)
        at += size
        if 0xAC00 <= sign <= 0xD7A3 and digits == 0:
            signs += 1
            if signs > 3:
                return False
        elif CLASS[sign] == DIGIT:
            digits += 1
        else:
            blank = sign == 32 or sign == 44 or sign == 40
            role = decode(data, at, stop)[0] if blank and at < stop else np.int64(0)
            return signs > 0 and digits > 1 and role in (_WON, _PI, _CHAE, _SIN, _CHEONG)
    return False


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
