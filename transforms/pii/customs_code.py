"""Customs clearance codes (개인통관고유부호): P and twelve digits.

Source of truth: 관세청 (P, two digits of the year, nine digits, a check digit that is not public).
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

CUSTOMS_CODE = Recogniser(
    name="customs_code",
    version=1,
    kind=Kind.CUSTOMS_CODE,
    trigger=Trigger.NUMBER,
    patterns=(Pattern(re.compile(r"[Pp](?<![0-9A-Za-z].)\d{12}(?![0-9A-Za-z])"), 700),),
    context=words("통관고유부호|통관번호|통관부호|개인통관|통관"),
    refuse=lambda place: place.value[1:4] == "000",
)
