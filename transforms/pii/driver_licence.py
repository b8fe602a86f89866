"""Driver's licence number (운전면허번호): RR-YY-NNNNNN-CC, region 11-28, older ones with the region's name.

Source of truth: 도로교통법 시행규칙, form of the licence; regional names as printed until 2012. The check is not
public.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, SEP, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

REGIONS = "서울|부산|경기북부|경기남부|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산"
_SPACED = "|".join(" ?".join(region) for region in REGIONS.split("|"))
_TAIL = r"\d{4}(?:\d{2}-(?:\d\*|\*\*)|\d\*-\*\*|\*\*-\*\*)(?![0-9*])"  # its end masked, where a word names it


_USUAL = re.compile(r"\d{2}[^0-9]\d{2}[^0-9]\d{6}[^0-9]\d{2}")


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    if _USUAL.fullmatch(place.value) or place.value[0] > "9" or "*" in place.value:
        return False
    return not 10 <= len(digits) <= 16 or digits[0] == "0"


DRIVER_LICENCE = Recogniser(
    name="driver_licence",
    version=1,
    kind=Kind.DRIVER_LICENCE,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"(?:{_SPACED})[- ]?\d{{2}}{SEP}\d{{6}}{SEP}\d{{2}}{STOP}"), 900),
        Pattern(re.compile(rf"(?:{_SPACED})[- ]?\d{{2}}(?:\d{{8}}{STOP}|-{_TAIL})"), 300),
        Pattern(re.compile(rf"{FIRST}(?<=[12])\d-\d{{2}}-{_TAIL}"), 300),
        Pattern(re.compile(rf"{FIRST}(?:(?<=1)[1-9]|(?<=2)[0-8]){SEP}\d{{2}}{SEP}\d{{6}}{SEP}\d{{2}}{STOP}"), 800),
        Pattern(re.compile(rf"{FIRST}\d{SEP}\d{{2}}{SEP}\d{{6}}{SEP}\d{{2}}{STOP}"), 450),
        # Other groupings, where a word names them.
        Pattern(re.compile(rf"{FIRST}\d{{1,3}}(?:-\d{{1,8}}){{2,5}}{STOP}"), 100),
        Pattern(re.compile(rf"{FIRST}(?:(?<=1)[1-9]|(?<=2)[0-8])\d{{10}}{STOP}"), 200),
    ),
    refuse=_refuse,
    context=words("운전면허번호|운전면허증|운전면허|면허번호|면허증|면허|driver|licence|license"),
)
