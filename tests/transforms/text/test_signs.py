"""The tables of normalisation: complete, and closed under what normalisation itself does."""

from __future__ import annotations

import unicodedata

from hypothesis import given

from tests.transforms.text.alphabets import texts
from transforms.text import clean
from transforms.text.signs import ASSIGNED, COMPOSING, KIND, PLAIN, composing, signs


@given(texts)
def test_a_text_without_composing_signs_is_composed(text: str) -> None:
    if not composing().intersection(map(ord, text)):
        assert unicodedata.is_normalized("NFC", text)


def test_composing_a_sign_gives_none_that_needs_an_edit() -> None:
    kinds = signs().table & KIND
    for first, last in ASSIGNED:
        for point in range(first, last):
            if kinds[point] == COMPOSING:
                composed = unicodedata.normalize("NFC", chr(point))
                assert all(kinds[ord(sign)] in (PLAIN, COMPOSING) for sign in composed)


def test_pictographs_are_their_own_normal_form() -> None:
    assert unicodedata.normalize("NFC", clean.EMOJI) == clean.EMOJI


def test_every_sign_that_needs_a_look_has_an_opening_byte() -> None:
    for members in (clean.INVISIBLE, clean.SPACES, clean.NEWLINES, clean.ZWJ, clean.LEADING, clean.EMOJI, "\n"):
        assert all(signs().opening[sign.encode()[0]] for sign in members)


def test_common_korean_and_ascii_open_without_a_look() -> None:
    assert not any(signs().opening[byte] for byte in b"abcXYZ019 .,!?\t" + bytes(["나".encode()[0], "쓰".encode()[0]]))
