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
# In words: 천구백팔십년 유월 십오일 (한글 맞춤법 art. 52: 유월, 시월).
_SPELT = (
    r"(?:천 ?구백|이천) ?(?:[일이삼사오육칠팔구]?십)?[일이삼사오육칠팔구]?년 ?"
    r"(?:[일이삼사오유육칠팔구시]|십[일이]?)월 ?(?:[이삼]?십)?[일이삼사오육칠팔구]?일"
)
# `생` after a date, and no other word that begins with it (생략, 생산, 생활).
_BORN = r" ?생(?![략산활명겨기긴성전계존후각물리태])"
_CONTEXT = words("생년월일|태어난 날|태어난|생일|출생일|출생|생년|birth|DOB|born|생월일")

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
        Pattern(re.compile(rf"{_ANY}{_DAY}(?:일|\.)?{_BORN}"), 900),
        Pattern(re.compile(rf"{_ANY}년 ?생(?![가-힣])"), 850),
        Pattern(re.compile(rf"{_YEAR}{_DAY}(?:일|\.)?"), 600),
        Pattern(re.compile(rf"{_SHORT}\d{_DAY}일?"), 500),
        Pattern(re.compile(rf"{_SHORT}{_REST}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?![0-9-])"), 450),
        Pattern(re.compile(_SPELT), 500),
        Pattern(re.compile(rf"{_YEAR}년(?: ?\d{{1,2}}월)?"), 400),
    ),
    context=_CONTEXT,
    refuse=_refuse,
)
