"""Table of what is, and what is not, found as `account`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "bank": "국민은행 «110-234-887261»",
    "word": "계좌번호: «302-1184-0095-71»",
    "no separator": "신한은행 «110234887261»",
    "four groups": "농협 «301-0288-7741-21»",
    "four signs of its end masked": "계좌번호 «110-234-88****», «3457-313-8872**-**»",
    "particle": "카카오뱅크 «3333-08-7741293»로 입금",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "masked, unnamed": "관리 110-234-88****",
    "unnamed": "관리 110-234-887261 참조",
    "surrogate range": "국민은행 000-234-887261",
    "card": "결제계좌와 카드번호 4518-2209-1147-8825",
}
PLAIN = "국민은행 «110-234-887261»"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "account") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "account") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "account") == expected
