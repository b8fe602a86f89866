"""Names in a byline (지은이·글쓴이·상담원 칸): a field that names people needs no sentence around them.

The tagger reads context, and a byline has none. So here a word of two to four syllables that begins with a surname is
a name, unless it is a word of the language, a place, or an office. Author fields alone are read like this.
Source of the surnames: 통계청 2015 성씨·본관.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from transforms.pii.gate import SURNAME
from transforms.pii.kinds import Kind
from transforms.pii.lexicon import LOCATION, NOUN, PERSON, PROPER, classes_of, word_hash
from transforms.pii.scan import Finding
from transforms.pii.tagger import load_model

LABEL = "byline@1"
SCORE = 700
_WORD = re.compile(r"(?<![가-힣])[가-힣]{2,4}(?![가-힣])")
_DOUBLE = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방", "망절", "어금", "강전", "소봉")
# Last syllables of offices: 총무과, 기획팀, 편집부, 교육청 …
_OFFICES = "과팀부청처회반단"


def bylines(column: pa.Array) -> Iterator[Finding]:
    """Names in a column of author fields.

    Args:
        column: string or large_string; nulls have none.
    """
    for row, value in enumerate(column.to_pylist()):
        for word in _WORD.finditer(value or ""):
            if _is_name(word.group()):
                yield Finding(row, word.start(), word.end(), SCORE, Kind.NAME, LABEL)


def _is_name(word: str) -> bool:
    double = word.startswith(_DOUBLE)
    if not (len(word) >= 3 if double else len(word) <= 3 and SURNAME[ord(word[0])]):
        return False
    classes = classes_of(load_model().lexicon, word_hash(np.array([ord(sign) for sign in word]), 0, len(word)))
    # Two syllables are a word of the language as often as a name: 기자, 한담.
    if classes & PERSON and not (len(word) == 2 and classes & NOUN):
        return True
    return not classes & (NOUN | LOCATION | PROPER) and word[-1] not in _OFFICES
