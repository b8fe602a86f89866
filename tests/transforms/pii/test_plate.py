"""Table of what is, and what is not, found as `plate`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "plain": "차량번호 «12가3456»",
    "blanks": "«12가 3456» 차량",
    "three digits": "«123가4567»",
    "region": "«충남 81바 2047»",
    "its end masked, where it is named": "차량번호는 «123가4***», «12나34**»",
    "spaced, with a copula": "차량번호는 «1 2 3 보 4 5 6 7»이고 2020년",
    "region glued": "«서울12가3456»",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "old case number": "대법원 1998. 5. 8. 선고 97도1234 판결",
    "case number after a court": "서울고법 97나1234 판결",
    "masked, unnamed": "12가3***",
    "masked by a court": "차량번호 12가****",
    "surrogate range": "차량번호 00가1234",
    "year after a street": "12가 12345",
}
PLAIN = "차량번호 «12가3456»"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "plate") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "plate") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "plate") == expected
