"""Judges names found in texts of the state, where nobody has marked them: whose they are, by where they stand.

Court decisions name judges and counsel in their signature and counsel lines, and older ones name the parties too; those
are persons, and PIPA does not except them. What no rule here confirms is counted as wrong, so that share is an upper
bound. The rules know nothing of the tagger's weights.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from transforms.pii.gate import SURNAME
from transforms.pii.lexicon import NOUN, PERSON, classes_of, word_hash
from transforms.pii.tagger import load_model

Place = tuple[int, int]  # half-open code points
REACH = 60  # signs before a name in which its office or part in the case may stand, on the same line
_OFFICE = re.compile(
    r"판사|대법관|재판관|법관|심판관|재판장|주심|변호사|변호인|검사|대리인|법무법인|특허법인|법률사무소|변리사|법무사|"
    r"감정인|증인|관리인|대표이사|대표자|청산인|위원장"
)
# A word of a party right before, as in 소외 홍길동, 원고(선정당사자) 홍길동.
_RIGHT_BEFORE = re.compile(
    r"(?:원고|피고인?|상고인|항고인|신청인|채권자|채무자|피해자|소외|공소외|망|】)(?:\([^()\n]{1,12}\))?\s*\Z"
)
_PARTY = re.compile(r"원고|피고인?|상고인|항고인|신청인|채권자|채무자|피해자|소외|망")


def judge(text: str, places: Sequence[Place]) -> Counter[str]:
    """Names of a text by what confirms them: office (judges, counsel, witnesses), party, listed (a name of the
    dictionary that is no noun, with a surname), again (confirmed elsewhere in the text), else unconfirmed.

    A party is a listed name on whose line one stands, or three syllables with a surname, no word of the dictionary,
    right behind one.
    """
    ways = [_way(text, start, end) for start, end in places]
    confirmed = {text[start:end] for (start, end), way in zip(places, ways, strict=True) if way != "unconfirmed"}
    return Counter(
        "again" if way == "unconfirmed" and text[start:end] in confirmed else way
        for (start, end), way in zip(places, ways, strict=True)
    )


def _way(text: str, start: int, end: int) -> str:
    line = text[max(text.rfind("\n", 0, start) + 1, start - REACH) : start]
    if _is_listed(text[start:end]):
        return "office" if _OFFICE.search(line) else "party" if _PARTY.search(line) else "listed"
    if 2 <= end - start <= 4 and SURNAME[ord(text[start])] and _OFFICE.search(line):
        return "office"
    if _is_unknown(text[start:end]) and _RIGHT_BEFORE.search(line):
        return "party"
    return "unconfirmed"


def _is_listed(name: str) -> bool:
    if not 3 <= len(name) <= 4 or not SURNAME[ord(name[0])]:
        return False
    classes = _classes(name)
    return bool(classes & PERSON and not classes & NOUN)


def _is_unknown(name: str) -> bool:
    """Whether a word is built as a name of three syllables and the dictionary does not have it as anything else."""
    return len(name) == 3 and bool(SURNAME[ord(name[0])]) and not _classes(name) & ~PERSON


def _classes(name: str) -> int:
    units = np.array([ord(sign) for sign in name], np.uint32)
    return int(classes_of(load_model().lexicon, word_hash(units, 0, len(units))))
