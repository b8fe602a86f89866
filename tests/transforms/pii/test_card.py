"""Table of what is, and what is not, found as `card`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "Luhn holds": "«5119-3935-4739-4037»",
    "Luhn fails but named": "카드번호 «4518-2209-1147-8825»",
    "no separator": "«4242424242424242»",
    "masked, but more than six and four can be read": "카드번호 «4518-2209-114*-****»",
    "American Express": "«3782-822463-10005»",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "masked as PCI DSS has it": "카드번호 4518-22**-****-8825, 4518-****-****-8825",
    "surrogate range": "카드번호 0000-1234-5678-9012",
    "sixteen digits of something": "관리번호 1234567812345678",
}
PLAIN = "카드번호 «4518-2209-1147-8825»"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "card") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "card") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "card") == expected
