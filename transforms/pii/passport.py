"""Passport number (여권번호): old M12345678 (M, S, R, O, D), since December 2021 M123A4567.

Source of truth: 외교부 차세대 전자여권 안내 (2021-12-21). No check digit outside the machine-readable zone. Those of
other countries are up to nine letters and digits (ICAO Doc 9303-4, document number) and need a word that names them.
"""

from __future__ import annotations

import re

from transforms.pii.foreigner_number import COUNTRIES
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_AFRESH, _STOP = r"(?<![0-9A-Za-z].)", r"(?![0-9A-Za-z])"
_CONTEXT = words("여권번호|여권|passport|국적|출국|입국|비자|항공권")
_NAMED = r"(?:여권|Passport|passport|PASSPORT) ?(?:번호|[Nn]umber|[Nn]o\.?|NO\.?)?[^0-9A-Za-z\x00]{0,6}"
# In a table of foreigners: the number of their registration, or their country, stands beside it.
_BESIDE = re.compile(rf"(?:\d{{6}}-[5-8][0-9*]{{6}}|{COUNTRIES})[ \t|,/]{{1,4}}$")


LEAST_DIGITS = 4  # of another country's passport, and of a masked one
_KOREAN = re.compile(r"[A-Za-z](?: ?-?\d{8}|\d{3}[A-Za-z]\d{4}|[A-Z]?\d{7})")


def _refuse(place: Place) -> bool:
    usual = place.value[0].upper() in "MSROD"
    if not _KOREAN.fullmatch(place.value):
        return sum(sign.isdecimal() for sign in place.value) < LEAST_DIGITS
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
        # Of any country, and with its end masked: where the word stands right before it.
        Pattern(
            re.compile(
                rf"{_NAMED}(?P<value>[A-Z0-9]{{7,9}}|[A-Z]\d{{3}}[A-Z0-9]\d{{0,3}}\*{{1,4}})(?![0-9A-Za-z*]|-[0-9])"
            ),
            900,
        ),
    ),
    context=_CONTEXT,
    refuse=_refuse,
)
