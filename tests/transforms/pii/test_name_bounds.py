"""Names as words: where one ends and the next begins, and what a document says is a firm."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import unmarked
from transforms.pii.name import NameSpan, persons
from transforms.pii.name_bounds import firms, is_body, is_doubtful, people

SPANS = {
    "two that a particle joins": ("잭니콜슨과 대니드비토", ["잭니콜슨", "대니드비토"]),
    "two that a vowel's particle joins": ("마크 러팔로랑 우디 해럴슨", ["마크 러팔로", "우디 해럴슨"]),
    "two of a list": ("이영애 차인표", ["이영애", "차인표"]),
    "a particle that does not agree": ("안나과 마리", ["안나과 마리"]),
    "a foreign surname that ends like a particle": ("유카와 하루나", ["유카와 하루나"]),
    "an office before it": ("변리사 김성수", ["김성수"]),
    "one person of two words": ("마이클 잭슨", ["마이클 잭슨"]),
    "a surname and no more": ("윤 모씨의", ["윤"]),
    "a word that is no surname": ("자모", ["자모"]),
}


@pytest.mark.parametrize("case", SPANS)
def test_a_span_is_parted_into_people(case: str) -> None:
    text, expected = SPANS[case]
    assert [text[a:b] for a, b in people(f"앞 {text} 뒤", 2, 2 + len(text))] != []
    assert [f"앞 {text} 뒤"[a:b] for a, b in people(f"앞 {text} 뒤", 2, 2 + len(text))] == expected


def test_a_surname_apart_belongs_to_the_letters_after_it() -> None:
    text = "성명: 김 서 준 (인), 그 서 준"
    assert list(people(text, 6, 9)) == [(4, 9)]
    assert list(people(text, len(text) - 3, len(text))) == [(len(text) - 3, len(text))]


BODIES = (
    "피고 «한빛화재»는",
    "소외 «가나다건설»이",
    "원고 «화순최»씨 휘명공파",
    "«여흥민»씨 문중",
    "«누리 엔터테인먼트» 소속",
)
PERSONS = ("피고 «김서준»은", "«김서준»씨가 16일", "원고 «이은행»은", "망 «최학교»의")


@pytest.mark.parametrize("marked", BODIES)
def test_firms_and_clans_are_no_persons(marked: str) -> None:
    text, [(start, end)] = unmarked(marked)
    assert is_body(text, start, end)


@pytest.mark.parametrize("marked", PERSONS)
def test_a_person_whose_name_is_built_like_one_is_no_body(marked: str) -> None:
    text, [(start, end)] = unmarked(marked)
    assert not is_body(text, start, end)


def test_words_beside_the_mark_of_a_firm_are_firms() -> None:
    text = "주식회사 해오름씨에스와 (주)달맞이, 구름이음 주식회사는 유한회사  물결"
    assert {"해오름씨에스와", "달맞이", "구름이음", "물결"} <= firms(text)
    assert firms("회사의 대표") == set()


def test_what_a_document_calls_a_firm_is_none_anywhere_in_it() -> None:
    text = "주식회사 해오름씨에스를 세웠다. 해오름씨에스의 주식을 김서준이 샀다."
    second = text.index("해오름씨에스의")
    spans = [NameSpan(0, second, second + 6, 990), NameSpan(0, text.index("김"), text.index("이 샀"), 990)]
    assert persons(text, spans) == spans[1:]


def test_a_name_beside_a_firm_stays_a_name() -> None:
    text = "주식회사 해오름 김서준 대표, 대표이사 김서준 주식회사 해오름"
    spans = [NameSpan(0, text.index("김서준"), text.index("김서준") + 3, 900)]
    assert not is_doubtful("김서준")
    assert persons(text, spans) == spans
