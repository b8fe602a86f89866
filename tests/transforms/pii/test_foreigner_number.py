"""Table of what is, and what is not, found as `foreigner_number`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "dashed": "외국인등록번호 «900101-5234567»",
    "all four digits of birth and sex": "«900101-6234567» «900101-7234567» «900101-8234567»",
    "full-width": "«９００１０１－５２３４５６７»",
    "no separator": "외국인등록번호 «9001015234567»",
    "its end masked": "외국인등록번호 «900101-523****», «900101-6******»",
    "impossible date, in a table of foreigners": "NGUYEN VAN HUNG  베트남  «920745-5123498»  M12345678",
    "impossible date but named": "외국인등록번호 «531883-8127161» 비자 연장",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "resident number": "900101-1234567",
    "impossible month": "901345-5234567",
}
PLAIN = "«900101-5234567» 확인"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "foreigner_number") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "foreigner_number") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "foreigner_number") == expected
