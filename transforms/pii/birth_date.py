"""Dates of birth (생년월일): a date that a word calls one, or that `생` follows.

Source of truth: written forms in 행정업무운영 편람. A date without such a word is no date of birth: promulgations,
judgments and contracts are full of them.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_YEAR = r"[12](?<!\d[12])(?:(?<=1)9|(?<=2)0)\d{2}"
_SHORT = r"[0-9](?<![0-9-][0-9])"  # the first digit, also of a year of two
_REST = r"(?:(?:(?<=1)9|(?<=2)0)\d{2}|\d)"  # of a year whose first digit was read
_ANY = rf"['’0-9](?<!\d.)(?:(?<=['’])\d{{2}}|(?<=\d){_REST})"
_DAY = r"(?:[-./] ?|년 ?)\d{1,2}(?:[-./] ?|월 ?)\d{1,2}(?!\d)"
_CONTEXT = words("생년월일|생일|출생일|출생|생년|birth|DOB|born|생월일")

_OTHER_DAY = re.compile(
    r"(?:검진|발급|계약|작성|접수|입사|발행|시행|처리|등록|신청|방문|진료|가입|선고|사고|발생)(?:일|일자|일시) ?:? ?$"
)


def _refuse(place: Place) -> bool:
    if place.value.endswith("생"):
        return False
    return _OTHER_DAY.search(place.before) is not None or not _CONTEXT.search(place.before[-24:])


BIRTH_DATE = Recogniser(
    name="birth_date",
    version=1,
    kind=Kind.BIRTH_DATE,
    trigger=Trigger.DATE,
    patterns=(
        Pattern(re.compile(rf"{_ANY}{_DAY}(?:일|\.)? ?생"), 900),
        Pattern(re.compile(rf"{_ANY}년 ?생(?![가-힣])"), 850),
        Pattern(re.compile(rf"{_YEAR}{_DAY}(?:일|\.)?"), 600),
        Pattern(re.compile(rf"{_SHORT}\d{_DAY}일?"), 500),
        Pattern(re.compile(rf"{_SHORT}{_REST}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?![0-9-])"), 450),
        Pattern(re.compile(rf"{_YEAR}년(?: ?\d{{1,2}}월)?"), 400),
    ),
    context=_CONTEXT,
    refuse=_refuse,
)
