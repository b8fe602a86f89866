"""Court case numbers (사건번호) beside a party to the case: with the register of a court they name a person.

Source of truth: 사건별 부호문자의 부여에 관한 예규 (year, one to three letters, serial number). A number that is
cited alone (`대법원 2014다12345 판결`) points at a public decision and is not found.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

_PARTY = re.compile(r"원고|피고|채권자|채무자|신청인|청구인|상대방|고소인|고발인|피의자|피해자|당사자|의뢰인")

CASE_NUMBER = Recogniser(
    name="case_number",
    version=1,
    kind=Kind.CASE_NUMBER,
    trigger=Trigger.LABELLED,
    patterns=(
        Pattern(
            re.compile(r"사건 ?번호[ :]{0,3}[가-힣 ]{0,14}(?P<value>(?:19|20)\d{2} ?[가-힣]{1,3} ?\d{1,7})(?!\d)"), 600
        ),
    ),
    context=words("사건번호"),
    refuse=lambda place: not (_PARTY.search(place.before) or _PARTY.search(place.after)),
)
