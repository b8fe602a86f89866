"""Ages of a person (나이): `만 32세`, `31살`, `(여/28세)`.

Source of truth: 행정기본법 art. 7-2 (ages are counted 만). An age with 이상, 미만 or 까지 is a rule for everyone, not
someone's age.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_RULE = re.compile(r" ?(?:이상|이하|미만|초과|까지|부터|이전|이후|[-~\u223c]|가 되|에 달|에 도달|될 때|정년)")


def _refuse(place: Place) -> bool:
    years = int(re.sub(r"\D", "", place.value) or 0)
    return years > 120 or bool(_RULE.match(place.after)) or place.before.endswith(("~", "-", "\u223c"))


AGE = Recogniser(
    name="age",
    version=1,
    kind=Kind.AGE,
    trigger=Trigger.DATE,
    patterns=(
        Pattern(re.compile(r"(?<=[(/,·])(?P<value>(?:만 ?)?\d{1,3} ?세)(?=[)/,· ])"), 800),
        Pattern(re.compile(r"(?<![가-힣0-9])만 ?\d{1,3} ?세(?![기대])"), 600),
        Pattern(re.compile(r"[0-9](?<![0-9.,][0-9])\d{0,2} ?살(?![가-힣]{0,2}(?:점|코기))"), 450),
        Pattern(re.compile(r"[0-9](?<![0-9.,][0-9])\d{0,2} ?세(?= ?[여남](?:아|성|자|학생|$))"), 600),
        Pattern(re.compile(r"[0-9](?<![0-9.,][0-9])\d{0,2} ?세(?![기대제])"), 350),
    ),
    context=words("나이|연령|성별|환자|성명|이름"),
    refuse=_refuse,
)
