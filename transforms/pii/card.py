"""Payment card numbers (카드번호): 14 to 16 digits, Luhn and issuer ranges.

Source of truth: ISO/IEC 7812-1 (Luhn; first digit 3-6 payment networks, 9 domestic Korean cards, 2221-2720 Mastercard).
A masked one that shows no more than its first six and last four digits is masked as PCI DSS (requirement 3.4) asks and
is not found; one that shows more is.
"""

from __future__ import annotations

import re

from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, SEP, STOP, Pattern, Place, Recogniser, digits_of, words
from transforms.pii.windows import Trigger

_CONTEXT = words("카드번호|카드|결제|card|visa|master|amex")


_MASKED_WELL = re.compile(r"\d{0,6}\*+\d{0,4}")


def _unseparated(value: str) -> str:
    """A masked number without its separators."""
    return "".join(sign for sign in value if sign.isdecimal() or sign == "*")


def _refuse(place: Place) -> bool:
    digits = digits_of(place.value)
    if digits[0] == "0":
        return True  # our surrogates: ISO/TC 68, no card is issued there
    if "*" in place.value:
        return len(digits) < 9 or _MASKED_WELL.fullmatch(_unseparated(place.value)) is not None
    return digits[0] not in "34569" and not digits.startswith("2") and not _CONTEXT.search(place.before)


CARD = Recogniser(
    name="card",
    version=1,
    kind=Kind.CARD,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"{FIRST}\d{{3}}{SEP}\d{{4}}{SEP}\d{{4}}{SEP}\d{{4}}{STOP}"), 800),
        Pattern(re.compile(rf"{FIRST}(?<=3)[47]\d{{2}}{SEP}\d{{6}}{SEP}\d{{5}}{STOP}"), 800),
        Pattern(re.compile(rf"{FIRST}(?<=3)[068]\d{{2}}{SEP}\d{{6}}{SEP}\d{{4}}{STOP}"), 700),
        Pattern(re.compile(rf"{FIRST}\d{{13,15}}{STOP}"), 300),
        Pattern(re.compile(rf"{FIRST}\d{{3}}(?=[-0-9. \n]{{0,18}}\*)(?:{SEP}[0-9*]{{4}}){{3}}(?![0-9*])"), 700),
    ),
    context=_CONTEXT,
    check=lambda value: None if "*" in value else checks.luhn(digits_of(value)),
    refuse=_refuse,
)
