"""Table of what is, and what is not, found as `member_number`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import spans_of, unmarked

FOUND = {
    "student": "학번 «2019104587»",
    "particles": "학번을 «2019104587»로, 직원 번호를 «A2015451»로",
    "employee": "사번: «EMP-20418»",
    "policy": "증권번호는 «KB-2021-00834521»",
}
CLEAN = {
    "document": "문서번호 2019104587",
    "too short": "학번 123",
    "surrogate range": "학번 0002345678",
}


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "member_number") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "member_number") == []
