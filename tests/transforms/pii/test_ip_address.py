"""Table of what is, and what is not, found as `ip_address`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "plain": "접속 IP «211.234.11.89»에서",
    "private": "«192.168.0.114»로",
    "small numbers but named": "IP 주소 «10.1.2.3»",
    "end of sentence": "from «121.135.247.182».",
}
CLEAN = {
    "bill number": "의안번호 1809890 국회의원 발의",
    "law article": "제34조의2제1항제3호 및 제2013-1234호",
    "date": "2015. 3. 20. 선고, 2015.03.20 및 20150320",
    "case number": "대법원 1997. 9. 12. 선고 96다4862 판결, 2014다12345",
    "service number": "대표번호 1588-1234, 1544-0000",
    "amount": "금 1,234,567,890,123원을 지급하라",
    "court mask": "소외 1(000000-0000000)",
    "section": "1.2.3.4 절",
    "date with hour": "1973.5.18.10:00",
    "too large": "300.1.2.3",
    "version": "버전 2.168.0.1",
    "surrogate range": "IP 241.2.3.4",
}
PLAIN = "IP «211.234.11.89»"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "ip_address") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "ip_address") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "ip_address") == expected
