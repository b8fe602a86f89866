"""Foreigner registration and domestic residence numbers (외국인등록번호, 국내거소신고번호): YYMMDD-GNNNNNN, G 5-8.

Source of truth: 출입국관리법 시행규칙, form of the registration card; check (13 - sum mod 11) mod 10 until October
2020.
"""

from __future__ import annotations

import re

from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, MAYBE_SEP, SEP, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_CONTEXT = words(
"외국인등록번호|외국인등록증|외국인번호|외국인|국내거소신고번호|거소신고|국내거소|등록증|"
"체류자격|체류|비자|국적|FRN|ARC|alien registration|registration no"
)  # fmt: skip


COUNTRIES = (
    "베트남|중국|필리핀|몽골|태국|네팔|캄보디아|미얀마|스리랑카|방글라데시|우즈베키스탄|인도네시아|파키스탄|러시아|"
    "미국|일본|캐나다|호주|영국|프랑스|독일"
)
_CORPORATE = words("법인등록번호|법인번호|법인등기번호")
# In a table of foreigners, a mistyped day too.
_BESIDE = re.compile(rf"(?:{COUNTRIES})[ \t|,/]{{1,4}}$")


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    if _CORPORATE.search(place.before):
        return True
    if checks.is_date(digits) or _CONTEXT.search(place.before) or _CONTEXT.search(place.after):
        return False
    return not _BESIDE.search(place.before)


FOREIGNER_NUMBER = Recogniser(
    name="foreigner_number",
    version=1,
    kind=Kind.FOREIGNER_NUMBER,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{FIRST}\d{{5}}{SEP}[5-8]\d{{6}}{STOP}"), 800),
        Pattern(re.compile(rf"{FIRST}\d{{5}}[5-8]\d{{6}}{STOP}"), 650),
        Pattern(
            re.compile(
                rf"{FIRST}\d{{5}}{MAYBE_SEP}[5-8](?:\d{{0,3}}[*xX]{{3,8}}|\d{{4,5}}[*xX]{{1,2}})(?![0-9A-Za-z*])"
            ),
            700,
        ),
    ),
    context=_CONTEXT,
    check=lambda value: checks.foreigner(digits_of(value)),
    refuse=_refuse,
)
