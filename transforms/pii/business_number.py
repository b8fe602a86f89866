"""Business registration number (사업자등록번호): NNN-NN-NNNNN, tax office 101 and up.

Source of truth: 국세청 사업자등록번호 체계; weights 1 3 7 1 3 7 1 3 5. A sole proprietor's number points at a person.
"""

from __future__ import annotations

import re

from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, SEP, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger


def _refuse(place: Place) -> bool:
    return digits_of(place.value).startswith("000")  # our surrogates: no tax office has this number


BUSINESS_NUMBER = Recogniser(
    name="business_number",
    version=1,
    kind=Kind.BUSINESS_NUMBER,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{FIRST}\d{{2}}{SEP}\d{{2}}{SEP}\d{{5}}{STOP}"), 650),
        Pattern(re.compile(rf"{FIRST}\d{{9}}{STOP}"), 200),
    ),
    context=words("사업자등록번호|사업자번호|사업자등록|사업자|사업자등록증|등록번호|BRN|biz"),
    check=lambda value: checks.business(digits_of(value)),
    refuse=_refuse,
)
