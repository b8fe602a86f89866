"""Resident registration number (주민등록번호): YYMMDD-GNNNNNN, G 1-4 and 9, 0.

Source of truth: 주민등록법 시행규칙 art. 2. The check digit holds for numbers issued until October 2020 and is random
after, so it raises a score and never clears a span. Corporate numbers share the shape: one whose corporate check holds
and that no word calls a resident number is left to `corporate_number`.
"""

from __future__ import annotations

import re

from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import (
    FIRST,
    MAYBE_SEP,
    SEP,
    SPOKEN,
    STOP,
    Pattern,
    Place,
    Recogniser,
    digits_of,
    words,
)
from transforms.pii.windows import Trigger

_CONTEXT = words("주민등록번호|주민번호|주민등록|주민|민증|생년월일|RRN|resident registration|실명번호")
_CORPORATE = words("법인등록번호|법인번호|법인등기번호")
LAST_YEAR = 40  # of this century: nobody with a number is born later
FIRST_YEAR = 50  # of the century before last: numbers were given out from November 1968 on (주민등록법)
_MASKED = rf"\d{{5}}{MAYBE_SEP}[0-49](?:\d{{0,3}}[*xX]{{3,8}}|\d{{4,5}}[*xX]{{1,2}})"


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    if len(set(digits)) == 1:
        return True  # 000000-0000000: already masked by the court
    if _CONTEXT.search(place.before):
        return False
    if not checks.is_date(digits) or _CORPORATE.search(place.before):
        return True
    if digits[6:7] in ("3", "4"):
        return int(digits[:2]) >= LAST_YEAR and not checks.resident(digits)
    # A birth in the century before last, or a corporation's number that happens to read as a day: those go on with 0.
    if digits[6:7] == "9":
        return int(digits[:2]) < FIRST_YEAR or not checks.resident(digits)
    if digits[6:7] != "0":
        return False
    return int(digits[:2]) < FIRST_YEAR or not checks.resident(digits) or checks.corporate(digits) is True


RESIDENT_NUMBER = Recogniser(
    name="resident_number",
    version=1,
    kind=Kind.RESIDENT_NUMBER,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{FIRST}\d{{5}}{SEP}[0-49]\d{{6}}{STOP}"), 800),
        Pattern(re.compile(rf"{FIRST}\d{{5}}[0-49]\d{{6}}{STOP}"), 700),
        Pattern(re.compile(rf"{FIRST}{_MASKED}(?![0-9A-Za-z*])"), 700),
        Pattern(re.compile(rf"{FIRST}\d{SEP}\d{{2}}{SEP}\d{{2}}{SEP}[1-4]\d{{6}}{STOP}"), 700),
        # Read out in two parts: a word stands between them.
        Pattern(re.compile(rf"{FIRST}\d{{5}}{SPOKEN}[1-4]\d{{6}}{STOP}"), 300),
    ),
    context=_CONTEXT,
    check=lambda value: checks.resident(digits_of(value)),
    refuse=_refuse,
)
