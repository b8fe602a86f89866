from random import Random
from statistics import mean

import pytest

from samples.compose import Studio, letter
from samples.edits import EDITS, respace
from samples.grammar import Grammar
from samples.plant import Planter
from samples.similarity import jaccard, shingles


@pytest.fixture(scope="module")
def texts(grammar: Grammar) -> list[str]:
    rng = Random(5)
    studio = Studio(grammar, rng, Planter(grammar, rng), lambda _: True)
    return [letter(studio, str(number)).text.text for number in range(12)]


def similarity(texts: list[str], edit: str, grammar: Grammar) -> float:
    rng = Random(6)
    return mean(jaccard(text, EDITS[edit](text, rng, grammar)) for text in texts)


@pytest.mark.parametrize("family", ["words", "lines"])
def test_a_larger_edit_leaves_less(family: str, texts: list[str], grammar: Grammar) -> None:
    grades = sorted((int(name.split(" ")[1][:-1]), name) for name in EDITS if name.startswith(family))
    left = [similarity(texts, name, grammar) for _, name in grades]
    assert left == sorted(left, reverse=True)
    assert left[0] > 0.8 > 0.65 > left[-1]


def test_respacing_keeps_every_letter_and_digit(texts: list[str], grammar: Grammar) -> None:
    for text in texts:
        changed = respace(text, Random(1), grammar)
        assert changed != text
        assert shingles(changed) == shingles(text)


def test_unrelated_letters_are_far_from_near_duplicates(texts: list[str]) -> None:
    assert max(jaccard(a, b) for number, a in enumerate(texts) for b in texts[:number]) < 0.25
