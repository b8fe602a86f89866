"""Table of what is, and what is not, found as `email`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "plain": "«hong.gil+x@example.co.kr»",
    "particle": "«hong@example.com»으로",
    "spelt out": "«hong 골뱅이 example 점 com»",
    "full-width at": "«hong＠example.com»",
    "at in brackets": "«hong(at)example.com»",
    "masked": "«***ong@example.com»",
    "two": "«a@b.kr», «c@d.kr»",
}
CLEAN = {
    "handle": "@hong_gil",
    "surrogate range": "user12ab@mail.invalid",
    "price": "5개 @ 300원",
}
PLAIN = "«hong1@example2.com» 회신"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "email") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "email") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "email") == expected
