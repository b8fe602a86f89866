"""Bank account numbers (계좌번호): 10 to 16 digits in two to five groups, anchored on a bank's name or a word.

Source of truth: the banks' own number layouts (configs/tables/pii_banks.tsv). No public check digit, so a number
without an anchor is not reported at the usual bound.
"""

from __future__ import annotations

import re

from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

BANKS = (
    "국민은행|국민|신한은행|신한|우리은행|우리|하나은행|하나|외환|농협은행|농협|기업은행|IBK|산업은행|KDB|수협|"
    "SC제일|제일은행|씨티|대구은행|iM뱅크|부산은행|경남은행|광주은행|전북은행|제주은행|새마을금고|신협|우체국|카카오뱅크|"
    "케이뱅크|토스뱅크|토스|저축은행|산림조합"
)
_GROUPS = r"(?=[0-9-]{9})\d{1,6}(?:-\d{1,8}){1,4}"  # nine digits and a hyphen at least

# At most four signs of its end masked, where a word names it; the pattern is bounded by the digits before.
_MASKED = r"\d{1,5}-\d{1,6}(?:-\d{1,8}){0,2}-?(?:\*{1,4}|\*{2}-\*{2})"

# A resident or foreigner number in a text about accounts.
_RESIDENT = re.compile(r"\d{6}-[1-8]\d{6}")


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    resident = _RESIDENT.fullmatch(place.value)
    if resident and checks.is_date(digits):
        return True
    return not (8 if "*" in place.value else 9) <= len(digits) <= 16 or digits.startswith("000")


ACCOUNT = Recogniser(
    name="account",
    version=1,
    kind=Kind.ACCOUNT,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{FIRST}{_GROUPS}{STOP}"), 300),
        Pattern(re.compile(rf"{FIRST}\d{{1,5}}(?: \d{{2,7}}){{1,3}}{STOP}"), 200),
        Pattern(re.compile(rf"{FIRST}\d{{9,13}}{STOP}"), 200),
        Pattern(re.compile(rf"{FIRST}(?=[0-9-]{{8}}){_MASKED}(?![0-9*-])"), 200),
    ),
    context=words(f"계좌번호|계좌|입금|송금|이체|예금주|통장|환급|납부|{BANKS}"),
    refuse=_refuse,
)
