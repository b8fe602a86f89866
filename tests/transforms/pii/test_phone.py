"""Table of what is, and what is not, found as `phone`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "mobile with particle": "«010-2345-6789»으로",
    "no separator": "«01023456789»",
    "dots": "«010.2345.6789»",
    "old prefix": "«011-9336-9470»",
    "Seoul": "(«02-123-4567»)",
    "area in brackets": "«02)2345-6789»",
    "province": "«031-123-4567», «064-712-3456»",
    "internet": "«070-1234-5678»",
    "safe number": "«0507-1234-5678»",
    "abroad": "«+82-10-2345-6789»",
    "abroad with zero": "«+82 (0)10 2345 6789»",
    "Hangul digits": "«공일공 이삼사오 육칠팔구»",
    "mixed Hangul digits": "«공1공-2345-육789»",
    "misread": "«O1O-2345-6789»",
    "misread l": "«0lO-2345-6789»",
    "internet number from abroad": "연락처 «+82 70-1234-5678»",
    "a word written against it": "TEL«02-123-4567», M«010-2345-6789»",
    "a word between its groups": "연락처는 «010-2345 다음에 6789»입니다",
    "only its end masked": "휴대전화 «010-2345-6***»",
    "misread from its first group on": "«OlO-345l-678l»",
    "misread at the start of a group": "«OlO-l345-6789»",
    "spaced, with a copula": "«0 1 0 - 2 3 4 5 - 6 7 8 9»이고 2023년",
    "Hangul digits with a copula": "«공일공-이삼사오-육칠팔삼»이고, «공10-23사5-67칠8»이며",
    "a word that ends like digits before it": "생년월일이 «010-2345-6789»",
    "an exchange of none, but named": "전화 «06312345678»",
    "two": "«010-2345-6789»/«010-3456-7890»",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "surrogate range": "010-0123-4567",
    "toll free": "080-123-4567",
    "foreign": "+1-415-867-5309",
    "surrogate from abroad": "+82 00-1234-5678",
    "masked as it should be": "010-****-1234",
    "half a number": "010-2345 및 2020년",
    "an exchange of none": "06312345678",
    "increase": "+12 345명, +3.5%",
    "part of a longer number": "1010-2345-67890",
}
PLAIN = "전화 «010-2345-6789»"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "phone") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "phone") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "phone") == expected
