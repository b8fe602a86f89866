"""Corporate registration number (법인등록번호): NNNNNN-NNNNNNN, four digits of registry, two of type.

Source of truth: 상업등기규칙 annex; check weights 1, 2 alternating. The type (digits five and six) tells it apart
from a resident number: 11-15 companies, 21, 22 civil-law bodies, 31-... others; read as a day, 11 may still be one.
"""

from __future__ import annotations

import re

from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, SEP, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_CONTEXT = words("법인등록번호|법인번호|법인등기번호|법인등록|법인 등기")


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    if digits.startswith("0000"):
        return True  # a mask, or our surrogate: no registry has this number
    if _CONTEXT.search(place.before):
        return False
    return checks.corporate(digits) is False or digits[6] != "0"


CORPORATE_NUMBER = Recogniser(
    name="corporate_number",
    version=1,
    kind=Kind.CORPORATE_NUMBER,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{FIRST}\d{{5}}{SEP}\d{{7}}{STOP}"), 500),
        Pattern(re.compile(rf"{FIRST}\d{{12}}{STOP}"), 400),
        Pattern(re.compile(rf"{FIRST}\d{{5}}-\d{{6,7}}-\d{STOP}"), 300),
    ),
    context=_CONTEXT,
    check=lambda value: checks.corporate(digits_of(value)),
    refuse=_refuse,
)
