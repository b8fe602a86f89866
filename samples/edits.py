"""Graded edits that turn a text into a near duplicate of itself."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from samples.grammar import Grammar

Edit = Callable[[str, Random, Grammar], str]


def reword(share: float) -> Edit:
    """Replaces, drops, doubles or swaps `share` of the white-space separated words."""

    def edit(text: str, rng: Random, grammar: Grammar) -> str:
        lines = [line.split(" ") for line in text.split("\n")]
        places = [(row, column) for row, words in enumerate(lines) for column in range(len(words))]
        for row, column in sorted(rng.sample(places, max(1, round(share * len(places)))), reverse=True):
            _change(lines[row], column, rng, grammar)
        return "\n".join(" ".join(words) for words in lines)

    return edit


def _change(words: list[str], column: int, rng: Random, grammar: Grammar) -> None:
    how = rng.randrange(4)
    if how == 0 and len(words) > 1:
        del words[column]
    elif how == 1:
        words.insert(column, grammar.say("adverb", rng))
    elif how == 2 and column + 1 < len(words):
        words[column], words[column + 1] = words[column + 1], words[column]
    else:
        words[column] = grammar.say("aspect", rng)


def cut(share: float) -> Edit:
    """Drops `share` of the lines."""

    def edit(text: str, rng: Random, _: Grammar) -> str:
        lines = text.split("\n")
        gone = set(rng.sample(range(len(lines)), max(1, round(share * len(lines)))))
        return "\n".join(line for number, line in enumerate(lines) if number not in gone)

    return edit


def wrap(text: str, rng: Random, grammar: Grammar) -> str:
    """The text with a preface and an afterword, as when it is quoted elsewhere."""
    return "\n".join([grammar.say("web.sentence", rng), text, grammar.say("web.sentence", rng)])


def reorder(text: str, rng: Random, _: Grammar) -> str:
    """The same lines in another order."""
    lines = text.split("\n")
    rng.shuffle(lines)
    return "\n".join(lines)


def respace(text: str, _: Random, __: Grammar) -> str:
    """Other spaces, line ends and punctuation; every letter and digit stays."""
    return text.replace("\n", " ").replace(". ", " . ").replace(",", " ·")


EDITS: dict[str, Edit] = {
    "words 2%": reword(0.02),
    "words 5%": reword(0.05),
    "words 10%": reword(0.10),
    "words 20%": reword(0.20),
    "words 40%": reword(0.40),
    "lines 10%": cut(0.10),
    "lines 20%": cut(0.20),
    "lines 40%": cut(0.40),
    "wrapped": wrap,
    "reordered": reorder,
}
