"""Table of what is, and what is not, found as `postal_code`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import spans_of, unmarked

FOUND = {
    "named": "우편번호 «06234», (우편번호 «06234»)",
    "full-width, a comma after it": "우편번호는 «０６２３４», 다음은",
    "short word": "우 «06234» 서울특별시",
    "in brackets after an address": "강남구 테헤란로 152, 301호 («06234»)",
    "a line ends inside it": "우편번호는 «06\n234»입니다",
}
CLEAN = {
    "beyond the last code": "우편번호 64000",
    "amount": "우편번호 12,345원",
    "five digits in brackets": "수량 (06234)",
    "two lines of numbers": "번호 06\n234",
    "longer": "우편번호 06234-1",
}


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "postal_code") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "postal_code") == []
