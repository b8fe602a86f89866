"""Health insurance certificate numbers (건강보험증번호): eleven digits, written `1-2345678901` and in other groups.

Source of truth: 국민건강보험공단; no public check digit, so a word has to name it.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_NAMES = r"(?:건강보험(?:공단)?(?:증|증 번호)?|의료보험(?:증)?|보험증|증)[^0-9\x00]{0,14}"

HEALTH_INSURANCE = Recogniser(
    name="health_insurance",
    version=1,
    kind=Kind.HEALTH_INSURANCE,
    trigger=Trigger.LABELLED,
    patterns=(
        Pattern(re.compile(rf"{_NAMES}(?P<value>\d{{1,3}}-\d{{8,11}})(?![0-9-])"), 900),
        Pattern(re.compile(rf"{_NAMES}(?P<value>\d{{2,4}}(?:-\d{{1,8}}){{2,4}})(?![0-9-])"), 860),
        Pattern(re.compile(rf"{_NAMES}(?P<value>\d{{10,11}})(?![0-9-])"), 860),
    ),
    context=words("건강보험|의료보험|보험증"),
    refuse=lambda place: not 9 <= len(digits_of(place.value)) <= 15 or digits_of(place.value).startswith("000"),
)
