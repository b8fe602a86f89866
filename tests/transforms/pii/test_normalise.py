"""The normalised copy and its way back to the original."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.pii.normalise import WALL, normalise

FOLDED = {
    "full-width": ("０１０－１２３４", "010-1234"),
    "dashes": ("1–2—3−4‐5", "1-2-3-4-5"),
    "blanks around a dash": ("1234 - 5678", "1234-5678"),
    "line break in a number": ("1234-\n5678", "1234-5678"),
    "zero width": ("12\u200b34\ufeff", "1234"),
    "spaced digits": ("9 0 0 1 0 1 - 1 2 3 4 5 6 7 확인", "900101-1234567 확인"),
    "spaced plate": ("1 2 가 3 4 5 6", "12가3456"),
    "Hangul numerals": ("공일공 일이삼사 오육칠팔", "010 1234 5678"),
    "mixed numerals": ("공1공-1234-오678", "010-1234-5678"),
    "misread digits": ("O1O-l234-5678", "010-1234-5678"),
    "misread passports": ("Ml23O5678 M12OA4567 O1O", "M12305678 M120A4567 010"),
    "misread customs code": ("P123O56789Ol2", "P123056789012"),
    "words with misread signs stay": ("Mlol Illinois Solo12", "Mlol Illinois Solo12"),
    "a particle on spaced digits": ("1 2 3 4 5 6이고", "123456이고"),
    "the copula after Hangul numerals": ("공일공-이삼사오-육칠팔구이고", "010-2345-6789이고"),
    "a word that ends in numerals": ("생년월일이 1990-12-07이라고", "생년월일이 1990-12-07이라고"),
    "jamo": (unicodedata.normalize("NFD", "각서12가3456"), "각서12가3456"),
    "numerals in prose stay": ("이 사건 일이 오늘", "이 사건 일이 오늘"),
    "circled digits stay": ("①010", "①010"),
    "a list of numbers stays apart": ("10 20 30", "10 20 30"),
    "letters stay": ("Ol로 O2", "Ol로 02"),
}
MIXED = st.text(st.sampled_from(list("0123456789OolI- .\n０－–\u200b공일이삼가각ab*①😀") + ["ᄀ", "ᅡ", "ᆨ"]), max_size=40)


@pytest.mark.parametrize("case", FOLDED)
def test_forms_fold_to_one(case: str) -> None:
    text, expected = FOLDED[case]
    assert normalise(text).text == expected + WALL


@settings(deadline=None)  # the first call compiles kernels
@given(MIXED)
def test_normalising_again_changes_nothing(text: str) -> None:
    once = normalise(text).text.rstrip(WALL)
    assert normalise(once).text.rstrip(WALL) == once


@settings(deadline=None)  # the first call compiles kernels
@given(MIXED)
def test_places_are_ordered_and_lie_inside_the_original(text: str) -> None:
    block = normalise(text)
    assert len(block.text) == len(block.start) == len(block.end)
    edge = 0
    for start, end in zip(block.start[:-1].tolist(), block.end[:-1].tolist(), strict=True):
        assert edge <= start < end <= len(text)
        edge = end


@settings(deadline=None)  # the first call compiles kernels
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_accepted(text: str) -> None:
    block = normalise(text)
    assert len(block.text) <= len(text) + 1
