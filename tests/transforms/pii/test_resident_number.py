"""Table of what is, and what is not, found as `resident_number`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "dashed": "주민등록번호 «900101-1234567»",
    "particle": "«900101-1234567»으로 확인",
    "no separator": "주민번호: «9001011234567»",
    "blanks around the dash": "«900101 - 1234567»",
    "dots": "«900101.1234567»",
    "Hangul digits": "주민번호 «구공공일공일 일이삼사오육칠»",
    "masked tail": "홍길동(«900101-2******»)",
    "masked with x": "홍길동(«900101-2xxxxxx»)",
    "check digit fails": "«960121-1234567»",
    "check digit holds": "«960121-1021413»",
    "born after 2000": "아동 «150312-3123456» 보호",
    "a year ahead, but the check digit holds": "«991231-4019906»",
    "born in the century before last": "«971013-9019902»",
    "a word between its parts": "주민번호 «900101 다음은 1234567»",
    "mixed digits with a copula": "주민번호는 «구00일01-1이삼4567»이고",
    "two": "«900101-1234567», «880202-2345678»",
    "impossible date but named": "주민등록번호 «901345-1234567»",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "corporate number": "법인등록번호 130111-0006246",
    "corporate number that reads as a day": "법인등록번호 110111-1234567",
    "impossible month": "901345-1234567",
    "born long before numbers were given, though the check digit holds": "051102-9234110",
    "a date and a number": "210101 접수 1234567",
    "a year ahead": "991231-4019907",
    "document number": "문서번호 9912311234567-1",
}
PLAIN = "«900101-1234567» 확인"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "resident_number") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "resident_number") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "resident_number") == expected
