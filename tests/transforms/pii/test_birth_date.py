"""Table of what is, and what is not, found as `birth_date`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import spans_of, unmarked

FOUND = {
    "named": "생년월일: «1990-01-02», 태어난 날 «1990. 1. 2.»",
    "followed by 생": "김서준(«1990. 1. 2.생»), «1990년 1월 2일생»",
    "year of birth": "«1990년생»",
    "six and eight digits": "생년월일 «900102», 태어난 날은 «19900102»",
    "full-width": "태어난 날 «１９９０－０１－０２», 생년월일 «９００１０２»",
    "in words": "생년월일은 «천구백구십년 십이월 이십일일»입니다",
    "in words, June and October": "태어난 날 «이천일년 유월 십오일», «천구백팔십년 시월 일일»",
    "particle on the word": "생년월일이 «1990-01-02»이라고",
}
CLEAN = {
    "date alone": "1990. 1. 2.",
    "another word that begins with 생": "2020. 3. 5. 생략, 2020년 3월 5일 생산",
    "day of a judgment": "선고일 1990. 1. 2.",
    "year in words, of something else": "천구백구십년 일월 이일 설립",
    "town": "생일에 이천시에서",
}


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "birth_date") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "birth_date") == []
