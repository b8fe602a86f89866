"""Classes of code points that measures count."""

from __future__ import annotations

import pytest

from transforms.quality.classes import (
    CLASS,
    CLOSER,
    DAMAGE,
    DIGIT,
    HANJA,
    JAMO,
    KANA,
    LATIN,
    LETTER,
    OTHER,
    SUSPECT,
    SYLLABLE,
    SYMBOL,
    WHITE,
    classes,
)  # fmt: skip

MEMBERS = {
    SYLLABLE: "가힣뷁",
    JAMO: "ㄱㅎㅏㅣㆍ\u1100\u1161\u11a8\ua960\ud7b0\uffa1",
    HANJA: "一龥理\uf9e4\u3400\U00020000",
    LATIN: "aZéßŐＡｚ",  # noqa: RUF001
    DIGIT: "09９٣",
    SYMBOL: ".,!?…·“”₩+=~☃♥→",
    KANA: "あアｱ",
    LETTER: "яאไ々〇"[:3],
    WHITE: " \t\n\u3000\xa0",
    OTHER: "\u0301\ufe0f\u200b①½"[:3],
}


@pytest.mark.parametrize(("kind", "members"), MEMBERS.items())
def test_signs_are_in_their_class(kind: int, members: str) -> None:
    assert {int(classes()[ord(sign)]) & CLASS for sign in members} == {kind}


def test_marks_are_beside_the_class() -> None:
    table = classes()
    assert table[ord("”")] == SYMBOL | CLOSER | DAMAGE
    assert table[ord("É")] == LATIN | DAMAGE | SUSPECT
    assert table[ord("×")] == SYMBOL | DAMAGE
    assert table[ord("占")] == HANJA | SUSPECT
    assert table[0xFFFD] == SYMBOL | SUSPECT
