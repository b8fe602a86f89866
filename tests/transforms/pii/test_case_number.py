"""Table of what is, and what is not, found as `case_number`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import spans_of, unmarked

FOUND = {
    "party after it": "사건번호: «2023가합123456»\n원고 김서준",
    "party before it": "피고 이하늘 사건번호 «2022나4567»에 관하여",
    "role and name right after it": "민원과는 «2021가소41854» 피고 김서준 판결문",
    "in brackets": "«2018드단17980»(원고 이하늘)",
    "court between": "의뢰인 건 사건번호: 서울중앙지방법원 «2021가단12345»",
}
CLEAN = {
    "cited decision": "대법원 2014. 3. 20. 선고 2014다12345 판결",
    "front matter of a published decision": "사건번호: 2014다12345\n사건명: 구상금",
    "a role without a name": "서울중앙지방법원 2013가합12345 원고 승계참가인, 2013가합12345 원고의 주장",
    "a role and a body": "2013가합12345 원고 조합은, 2013가합12345 피고 주식회사 한빛",
    "a role and an argument": "2013가합12345 원고 주장은",
    "document number": "문서번호 2023-12345, 원고료 지급",
    "year and quantity": "원고는 2014년 1234개",
}


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "case_number") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "case_number") == []
