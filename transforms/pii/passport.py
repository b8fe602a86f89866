"""Passport number (여권번호): old M12345678 (M, S, R, O, D), since December 2021 M123A4567.

Source of truth: 외교부 차세대 전자여권 안내 (2021-12-21). No check digit outside the machine-readable zone. Other
letters (foreign passports) need a word that names them.
"""

from __future__ import annotations

import re

from transforms.pii.foreigner_number import COUNTRIES
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_AFRESH, _STOP = r"(?<![0-9A-Za-z].)", r"(?![0-9A-Za-z])"
_CONTEXT = words("여권번호|여권|passport|국적|출국|입국|비자|항공권")
# In a table of foreigners: the number of their registration, or their country, stands beside it.
_BESIDE = re.compile(rf"(?:\d{{6}}-[5-8][0-9*]{{6}}|{COUNTRIES})[ \t|,/]{{1,4}}$")


def _refuse(place: Place) -> bool:
    usual = place.value[0].upper() in "MSROD"
    return not usual and not _CONTEXT.search(place.before) and not _BESIDE.search(place.before)


PASSPORT = Recogniser(
    name="passport",
    version=1,
    kind=Kind.PASSPORT,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"[A-Za-z]{_AFRESH}\d{{3}}[A-Za-z]\d{{4}}{_STOP}"), 700),
        Pattern(re.compile(rf"[A-Z]{_AFRESH} ?-?\d{{8}}{_STOP}"), 550),
        Pattern(re.compile(rf"[A-Z]{_AFRESH}[A-Z]?\d{{7}}{_STOP}"), 300),
        Pattern(re.compile(rf"[msrod]{_AFRESH}\d{{8}}{_STOP}"), 350),
    ),
    context=_CONTEXT,
    refuse=_refuse,
)
