"""Numbers that a body gives a person: student, employee, member, patient, policy and prescription numbers.

Source of truth: the word in front; the forms are each body's own. Numbers of documents and cases are not personal.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_NAMES = (
    r"(?:학 ?번|사 ?번|군 ?번|(?:회원|고객|환자|차트|직원|교번|수험|조합원|증권|처방(?:전|관리)?|교부|식별) ?번호|"
    r"처방전 ?(?:식별번호|ID)|처방관리번호)"
)
_LINK = r"(?:는|은|이|가|를|을)? ?[:(]{0,2} ?(?:예: ?)?"

MEMBER_NUMBER = Recogniser(
    name="member_number",
    version=1,
    kind=Kind.MEMBER_NUMBER,
    trigger=Trigger.LABELLED,
    patterns=(
        Pattern(
            re.compile(
                rf"{_NAMES}{_LINK}(?P<value>[A-Za-z]{{0,6}}-?\d[0-9A-Za-z]{{0,14}}(?:-[0-9A-Za-z]{{1,12}}){{0,4}})"
            ),
            850,
        ),
    ),
    context=words("학번|사번|번호"),
    refuse=lambda place: len(digits_of(place.value)) < 4 or digits_of(place.value).startswith("000"),
)
