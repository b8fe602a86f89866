"""Table of what is, and what is not, found as `driver_licence`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "region code": "면허 «11-12-345678-90»",
    "region name": "«서울 12-123456-12»",
    "region out of range but named": "운전면허번호 «72-68-732812-29»",
    "region name, no separators": "운전면허번호 «경기 9712345612»",
    "region spaced": "«서 울 1 2 - 1 2 3 4 5 6 - 1 2»      1종",
    "its end masked": "면허번호 «부산 87-12345*-**» 운전면허번호: «19-94-1234**-**»",
    "odd grouping but named": "운전면허번호는 «11-20-45-12-345-67»이며",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "region name and a number": "경기 9712345612",
    "account": "국민은행 110-234-887261",
}
PLAIN = "운전면허번호 «11-12-345678-90»"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "driver_licence") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "driver_licence") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "driver_licence") == expected
