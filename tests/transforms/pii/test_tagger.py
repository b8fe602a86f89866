"""Names of persons: found where they stand, not where words look like them; every machine and batch the same."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from tests.transforms.pii.marks import spans_of, unmarked
from transforms.pii.lexicon import classes_of, insert, mix, word_hash
from transforms.pii.name import NameSpan, repeated, score_of
from transforms.pii.tagger import SCALE, tag
from transforms.pii.tagger_features import RUN

FOUND = {
    "form": "성명: «김서준»\n연락처: 010-2345-6789",
    "particle": "어제 «박지훈»이 왔다고 «최유나»에게 말했다.",
    "title": "담당자는 «이하늘» 주무관입니다.",
    "double surname": "신청인 «남궁민수» (인)",
    "several": "판사 «정우성»(재판장) «한지민» «오세훈»",
    "letters apart": "성명: «김 서 준» (인)",
    "hanja": "어머니 «朴永姬» 씨와 함께 왔다.",
    "hanja in brackets": "담당 «김서준»(«金瑞俊») 위원",
    "a surname before an office": "이날 «오» 교수는 그렇게 주장했다.",
    "letter": "안녕하세요, «윤서연» 고객님.",
}
CLEAN = {
    "statute": "제34조(신청) 신청인은 대통령령으로 정하는 바에 따라 장관에게 신청하여야 한다.",
    "decision": "원고의 청구는 이유 있어 이를 인용하고, 소송비용은 피고가 부담한다.",
    "parties made letters": "피고인 A는 피해자 B에게 상해를 가하였다.",
    "masked": "소외 김○○, 박** 등이",
    "label without a name": "성명 또는 명칭, 생년월일 및 주소를 적는다.",
    "numbers only": "2015. 3. 20. 010-2345-6789",
}


@pytest.mark.parametrize("case", FOUND)
def test_names_are_found_exactly(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "name") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_texts_without_a_name_have_none(case: str) -> None:
    assert spans_of(CLEAN[case], "name") == []


def test_decomposed_hangul_is_found_at_its_original_offsets() -> None:
    text = unicodedata.normalize("NFD", "성명: 김서준")
    assert spans_of(text, "name") == [(text.index(": ") + 2, len(text))]


def test_zero_width_signs_inside_a_name_belong_to_it() -> None:
    assert spans_of("성명: 김\u200b서준 귀하", "name") == [(4, 8)]


def test_a_name_that_is_sure_once_is_found_wherever_it_stands_alone_in_the_document() -> None:
    text = "성명: 김서준\n김서준학파, 김서준의 것, 새김서준 (김서준)"
    places = [text.index("김서준의"), text.index("김서준)")]
    sure, unsure = NameSpan(3, 4, 7, 990), NameSpan(3, 4, 7, 500)
    assert [(s.row, s.start, s.end) for s in repeated(text, [sure])] == [(3, at, at + 3) for at in places]
    assert list(repeated(text, [unsure])) == []


def test_rows_and_batches_do_not_touch_each_other() -> None:
    texts = ["성명: 김서준", "", None, "담당자 이하늘 주무관", "판결 이유"]
    whole = tag(pa.array(texts, pa.large_string()), SCALE)
    single = [tag(pa.array([t], pa.large_string()), SCALE) for t in texts]
    parts = [[row, *rest] for row, spans in enumerate(single) for _, *rest in spans.tolist()]
    assert whole.tolist() == parts


def test_a_name_is_found_wherever_a_long_line_is_cut() -> None:
    for shift in range(0, RUN, 37):
        text = "가나 " * (shift // 3) + "성명: 김서준 " + "다라 " * RUN
        assert (text.index("김서준"), text.index("김서준") + 3) in spans_of(text, "name")


def test_more_lenience_finds_at_least_as_much() -> None:
    column = pa.array(["성명: 김서준", "참석 한바다 외 2인", "이 나라의 주인은 국민이다"])
    assert len(tag(column, 0)) <= len(tag(column, 4 * SCALE))


def test_scores_are_whole_per_mille_that_grow_with_the_margin() -> None:
    scores = [score_of(margin) for margin in range(-200, 400, 7)]
    assert scores == sorted(scores)
    assert min(scores) >= 1
    assert max(scores) <= 990


def test_the_lexicon_returns_the_classes_that_were_put_in() -> None:
    table = np.zeros(1 << 10, dtype=np.uint32)
    words = [np.array([0xAC00 + i, 0xAC10 + 7 * i], np.uint16) for i in range(300)]
    for i, word in enumerate(words):
        insert(table, word_hash(word, 0, 2), 1 << (i % 4))
    assert [classes_of(table, word_hash(word, 0, 2)) for word in words] == [1 << (i % 4) for i in range(300)]


def test_hashes_are_fixed() -> None:
    first = mix(17, 0xAC00)
    assert first == mix(17, 0xAC00)
    assert 0 <= first < 1 << 32
    assert mix(first, 1) != mix(first, 2)
