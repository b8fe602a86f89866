"""Passport number (여권번호): old M12345678 (M, S, R, O, D), since December 2021 M123A4567.

Source of truth: 외교부 차세대 전자여권 안내 (2021-12-21). No check digit outside the machine-readable zone. Other
letters (foreign passports) need a word that names them.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_START, _STOP = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_CONTEXT = words("여권번호|여권|passport|국적|출국|입국|비자|항공권")


def _refuse(place: Place) -> bool:
    usual = place.value[0].upper() in "MSROD"
    return not usual and not _CONTEXT.search(place.before)


PASSPORT = Recogniser(
    name="passport",
    version=1,
    kind=Kind.PASSPORT,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{_START}[A-Za-z]\d{{3}}[A-Za-z]\d{{4}}{_STOP}"), 700),
        Pattern(re.compile(rf"{_START}[A-Z] ?-?\d{{8}}{_STOP}"), 550),
        Pattern(re.compile(rf"{_START}[A-Z]{{1,2}}\d{{7}}{_STOP}"), 300),
        Pattern(re.compile(rf"{_START}[msrod]\d{{8}}{_STOP}"), 350),
    ),
    context=_CONTEXT,
    refuse=_refuse,
)
