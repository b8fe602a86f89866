"""Table of what is, and what is not, found as `passport`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "old": "여권번호 «M12345678»",
    "new": "여권 «M123A4567»으로",
    "service": "여권번호: «S87654321»",
    "other letter when named": "여권번호 «E98765432»",
    "of another country, in a table of foreigners": "WEI  중국  880612-5778201  «E98765432»  인천",
    "after the name of a country": "필리핀 | «P55512340»",
    "full-width letters and digits": "여권번호 «\uff2d１２３４５６７８», «M１２３A４５６７»",
    "misread": "여권번호 «Ml23O5678», 여권 «M12OA4567»이고",
    "spaced, with a letter among the digits": "여권번호 «M 1 2 3 A 4 5 6 7»이고",
    "another country's form": "여권번호 «P1234567A», passport no. «AB1234567»",
    "its end masked": "여권번호는 «M12345***», 여권 «M123A4***»",
    "unnamed": "«M12345678» 소지",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "product code": "모델 X12345678",
    "part of a longer code": "ABM12345678",
    "another country's form, unnamed": "제품 P1234567A",
    "a word after the word": "여권 INTERNATIONAL",
    "masked, unnamed": "코드 M12345***",
    "nine digits": "M123456789",
}
PLAIN = "여권번호 «M12345678» 소지"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "passport") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "passport") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "passport") == expected
