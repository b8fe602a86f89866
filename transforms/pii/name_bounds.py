"""Where a name ends and the next begins, and what a whole document says of it: two people in one span, firms, clans.

The tagger reads signs and a few eojeol around. These rules read the span as words, and the document as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

from transforms.pii.gate import SURNAME
from transforms.pii.lexicon import NOUN, PERSON, classes_of, word_hash
from transforms.pii.tagger import load_model

Place = tuple[int, int]  # half-open code points
_FOREIGN = 3  # step of the syllable table from which a sign belongs to foreign names
_OFFICE = re.compile(
    r"(?:변호사|변리사|법무사|판사|검사|대법관|대표이사|대표|원장|회장|교수|감독|배우|가수|기자|의원|선수)\s+"
)
_CERTAIN = re.compile(r"([가-힣])\s?모(?:\s?씨)?의?")  # 김모 씨: the surname is what is left of the name
_APART = re.compile(r"[가-힣](?: {1,2}[가-힣]){1,2}")  # 홍 길 동, of which the tagger may have read 길 동
_APART_SURNAME = re.compile(r"(?<![가-힣])([가-힣]) {1,2}\Z")
# Last words of what is no person: firms, offices, bodies. A clan (종중, 문중) is a body of persons, and none itself.
_BODIES = (
    *(
        "건설",
        "화재",
        "생명",
        "은행",
        "뱅크",
        "증권",
        "보험",
        "전자",
        "화학",
        "제약",
        "물산",
        "상사",
        "산업",
        "주택",
        "개발",
    ),
    *(
        "조합",
        "협회",
        "공단",
        "공사",
        "재단",
        "그룹",
        "호텔",
        "병원",
        "학교",
        "대학",
        "교회",
        "종중",
        "문중",
        "테크",
        "시스템",
    ),
    *("엔지니어링", "디스커버리", "코리아", "인터내셔널", "홀딩스", "캐피탈", "미디어", "엔터테인먼트"),
)
_LEAST_BODY = 4  # signs, so that 이은행 stays a person
_CLAN = re.compile(r"\s?씨\s?(?:[가-힣]{1,7}(?:공|파|손)|문중|종중|대종|세손|제?\d{1,2}\s?(?:대|세))")
_FIRMS = ("주식회사", "(주)", "㈜", "유한회사")
_TOKEN = re.compile(r"[가-힣A-Za-z]+")
_NEAR = 24  # signs of the name of a firm beside the word that makes it one


def people(text: str, start: int, end: int) -> Iterable[Place]:
    """The names in one span: without an office before them, two that a particle or nothing joins apart.

    Args:
        start, end: half-open code points of `text`.
    """
    value = text[start:end]
    if "모" in value and _CERTAIN.fullmatch(value) and SURNAME[ord(value[0])]:
        return ((start, start + 1),)
    if " " not in value:
        return ((start, end),)
    if _APART.fullmatch(value):
        surname = _APART_SURNAME.search(text, max(0, start - _NEAR), start)
        return ((surname.start(1) if surname and SURNAME[ord(surname[1])] else start, end),)
    office = _OFFICE.match(value)
    return _split(text, start + office.end() if office else start, end)


def _split(text: str, start: int, end: int) -> Iterator[Place]:
    blank = text.find(" ", start, end)
    while blank >= 0:
        left, right = text[start:blank], text[blank + 1 : end]
        joined = _joined(left)
        if joined or (_is_listed(left) and _is_listed(right.split(" ")[0])):
            yield start, blank - joined
            start = blank + 1
        blank = text.find(" ", blank + 1, end)
    yield start, end


def _joined(word: str) -> int:
    """Signs of the particle that joins a name to the next, nought where there is none: 잭니콜슨과, 베로니카와."""
    if _classes(word) & PERSON:  # 유카와, 요시자와
        return 0
    if word.endswith("이랑") and len(word) > 3 and _closed(word[-3]):
        return 2
    if len(word) < 3 or word[-1] not in "과와랑":
        return 0
    return int(_closed(word[-2]) == (word[-1] == "과"))


def _closed(sign: str) -> bool:
    """Whether a syllable ends with a consonant."""
    return "가" <= sign <= "힣" and (ord(sign) - 0xAC00) % 28 > 0


def _is_korean(word: str) -> bool:
    """Whether a word is built as a Korean name of three syllables is."""
    syllables = load_model().syllables
    return (
        len(word) == 3
        and bool(SURNAME[ord(word[0])])
        and all("가" <= s <= "힣" and syllables[ord(s)] >> 6 < _FOREIGN for s in word[1:])
    )


def _is_listed(word: str) -> bool:
    return _is_korean(word) and bool(_classes(word) & PERSON)


def is_body(text: str, start: int, end: int) -> bool:
    """Whether a span is the name of a firm, an office or a clan by how it ends and what follows it."""
    named = end - start >= _LEAST_BODY and text.endswith(_BODIES, start, end)
    return named or _CLAN.match(text, end) is not None


def is_word(value: str) -> bool:
    """Whether the lexicon has a value as a noun."""
    return bool(_classes(value) & NOUN)


def firms(text: str) -> set[str]:
    """Words beside 주식회사 and its like in a document: those are firms wherever they stand in it."""
    found: set[str] = set()
    for mark in _FIRMS:
        at = text.find(mark)
        while at >= 0:
            after = text[at + len(mark) : at + len(mark) + _NEAR].lstrip()
            before = text[max(0, at - _NEAR) : at].rstrip()
            found.update(_beside(before, after))
            at = text.find(mark, at + len(mark))
    return found


def _beside(before: str, after: str) -> Iterator[str]:
    following = _TOKEN.match(after)
    if following:
        yield following.group()
    start = len(before)
    while start > 0 and _TOKEN.match(before[start - 1]):
        start -= 1
    if start < len(before):
        yield before[start:]


@lru_cache(maxsize=1 << 14)
def is_doubtful(value: str) -> bool:
    """Whether a value may be a firm's: no name that the lexicon has, and not built as a Korean one."""
    return not (_is_korean(value) or _classes(value) & PERSON)


@lru_cache(maxsize=1 << 14)
def _classes(value: str) -> int:
    units = np.array([min(ord(sign), 0xFFFF) for sign in value], np.uint16)
    return int(classes_of(load_model().lexicon, word_hash(units, 0, len(units))))
