"""Postal codes (우편번호): five digits, 01000 to 63999, named or beside an address.

Source of truth: 우정사업본부 국가기초구역번호 (first two digits 01-63).
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_END = r"(?![0-9-]|,[0-9])"
_CODE = rf"(?P<value>(?:0[1-9]|[1-5]\d|6[0-3])\d{{3}}){_END}"
# A line ends inside it: only where the whole word stands before it.
_BROKEN = rf"(?P<value>(?=[0-9\n]{{6}})(?:0[1-9]|[1-5]\d|6[0-3])\d{{0,2}}\n\d{{1,3}}){_END}"
_PLACE = re.compile(r"(?:[로길]|번지|[동호층])[ ,(]|\d(?:동|호|층)|[시군구읍면동] ")


def _refuse(place: Place) -> bool:
    return not (_CONTEXT.search(place.before[-14:]) or _PLACE.search(place.before))


_CONTEXT = words("우편번호|우편")

POSTAL_CODE = Recogniser(
    name="postal_code",
    version=1,
    kind=Kind.POSTAL_CODE,
    trigger=Trigger.LABELLED,
    patterns=(
        Pattern(re.compile(rf"우편 ?번호[^0-9\x00]{{0,8}}{_CODE}"), 950),
        Pattern(re.compile(rf"우편 ?번호[^0-9\x00\n]{{0,6}}{_BROKEN}"), 900),
        Pattern(re.compile(rf"(?<![가-힣])\(?우 ?[:)]? ?{_CODE}"), 850),
        Pattern(re.compile(rf"\({_CODE}\)"), 700),
    ),
    context=_CONTEXT,
    refuse=lambda place: False if place.before.rstrip(": )").endswith("우") else _refuse(place),
)
