"""Mobile and landline telephone numbers (전화번호), +82 forms too.

Source of truth: 전기통신번호관리세칙 (numbering plan). 010 exchanges start with 2-9 and landline exchanges with 2-9;
010-0xxx is unassigned and is where our surrogates lie, so it is not found. Service numbers (1588, 1544, 080 ...)
reach a firm, not a person, and are not found either.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_SEP = r"(?:[-. \n]{1,2}|\) ?-?)"
_COUNTRY = r"(?:\(?\+?82\)?[-. ]{0,2}(?:\(0\))?)"
_MOBILE = r"1[016789]"  # after 0
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])"  # after 0
_OTHER = r"(?:70|50\d|60)"
_ZERO = rf"{FIRST}(?<=0)"


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    return digits.startswith(("0100", "82100", "000"))


PHONE = Recogniser(
    name="phone",
    version=1,
    kind=Kind.PHONE,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}{_SEP}\d{{3,4}}{_SEP}\d{{4}}{STOP}"), 900),
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}\d{{7,8}}{STOP}"), 850),
        Pattern(
            re.compile(rf"(?<![0-9A-Za-z])(?P<value>{_COUNTRY}0?1[016789]{_SEP}?\d{{3,4}}{_SEP}?\d{{4}}){STOP}"), 900
        ),
        Pattern(re.compile(rf"(?<![0-9A-Za-z])(?P<value>{_COUNTRY}0?[2-6]\d?{_SEP}\d{{3,4}}{_SEP}\d{{4}}){STOP}"), 800),
        Pattern(re.compile(rf"{_ZERO}{_AREA}{_SEP}\d{{3,4}}{_SEP}\d{{4}}{STOP}"), 850),
        Pattern(re.compile(rf"{_ZERO}{_OTHER}{_SEP}\d{{3,4}}{_SEP}\d{{4}}{STOP}"), 800),
        Pattern(re.compile(rf"{_ZERO}(?:{_AREA}|{_OTHER})[2-9]\d{{6,7}}{STOP}"), 450),
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}\d{{4}}{_SEP}\d{{4}}{STOP}"), 700),
    ),
    context=words(
        "연락처|전화번호|전화|휴대폰|휴대전화|핸드폰|폰번호|팩스|전송|모바일|H.P|HP|TEL|FAX|phone|mobile|문의"
    ),
    refuse=_refuse,
)
