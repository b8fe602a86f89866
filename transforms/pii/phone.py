"""Mobile and landline telephone numbers (전화번호), +82 forms too.

Source of truth: 전기통신번호관리세칙 (numbering plan). Numbers of other countries are not found. 010 exchanges start
with 2-9 and landline exchanges with 2-9; 010-0xxx is unassigned and is where our surrogates lie, so it is not found.
Service numbers (1588, 1544, 080 ...) reach a firm, not a person, and are not found either. A masked mobile number is
found where only part of its last group is masked, which leaves a thousand numbers at most; with its exchange masked
(010-****-1234), as the guides to 표시 제한 have it, it is not.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, SPOKEN, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_SEP = r"(?:[-. \n]{1,2}|\) ?-?)"
_COUNTRY = r"(?:\(?\+?82\)?[-. ]{0,2}(?:\(0\))?)"
_MOBILE = r"1[016789]"  # after 0
_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])"  # after 0
_OTHER = r"(?:70|50\d|60)"
_GROUPS = rf"{_SEP}?\d{{3,4}}{_SEP}?\d{{4}}"
# TEL, FAX, HP, PH and their first letters; what may not stand before them is asked after the first letter.
_LETTERS = r"[TtFfHhPMC](?<![A-Za-z].)(?:(?<=[Tt])(?:EL|el)|(?<=[Ff])(?:AX|ax)|(?<=[HhP])[HhPp]|(?<=[TFHMC]))"
_ZERO = rf"{FIRST}(?<=0)"


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    return digits.startswith(("0100", "82100", "8200", "000"))


PHONE = Recogniser(
    name="phone",
    version=1,
    kind=Kind.PHONE,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}{_SEP}\d{{3,4}}{_SEP}\d{{4}}{STOP}"), 900),
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}\d{{7,8}}{STOP}"), 850),
        Pattern(
            re.compile(
                rf"(?<![0-9A-Za-z])(?<![0-9][-.])(?P<value>{_COUNTRY}0?1[016789]{_SEP}?\d{{3,4}}{_SEP}?\d{{4}}){STOP}"
            ),
            900,
        ),
        Pattern(
            re.compile(
                rf"(?<![0-9A-Za-z])(?<![0-9][-.])(?P<value>{_COUNTRY}0?(?:[2-6]\d?|{_OTHER}){_SEP}\d{{3,4}}{_SEP}\d{{4}}){STOP}"
            ),
            800,
        ),
        Pattern(re.compile(rf"{_ZERO}{_AREA}{_SEP}\d{{3,4}}{_SEP}\d{{4}}{STOP}"), 850),
        Pattern(re.compile(rf"{_ZERO}{_OTHER}{_SEP}\d{{3,4}}{_SEP}\d{{4}}{STOP}"), 800),
        Pattern(re.compile(rf"{_ZERO}(?:{_AREA}|{_OTHER})[2-9]\d{{6,7}}{STOP}"), 450),
        Pattern(re.compile(rf"{_ZERO}(?:{_AREA}|{_OTHER})1\d{{6,7}}{STOP}"), 200),
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}\d{{4}}{_SEP}\d{{4}}{STOP}"), 700),
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}{_SEP}\d{{3,4}}{_SEP}\d{{1,3}}\*{{1,3}}(?![0-9*])"), 700),
        Pattern(re.compile(rf"{_ZERO}{_MOBILE}{_SEP}\d{{3,4}}{SPOKEN}\d{{4}}{STOP}(?! ?[년월일원명호])"), 600),
        # A word of Latin letters written against it: TEL02-123-4567.
        Pattern(re.compile(rf"{_LETTERS}(?P<value>0(?:{_MOBILE}|{_AREA}|{_OTHER}){_GROUPS}){STOP}"), 850),
    ),
    context=words(
        "연락처|전화번호|전화|휴대폰|휴대전화|핸드폰|폰번호|팩스|전송|모바일|H.P|HP|TEL|FAX|phone|mobile|문의"
    ),
    refuse=_refuse,
)
