"""Names to put in the place of others: of the dictionary, or made up from its parts, so that no list is learnt."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import numpy as np

SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설"
    "마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
MADE_UP = 0.5  # share of names that are put together anew
MADE_UP_IN_COPIES = 0.25  # the same in copies of gold documents
_TOKENS = re.compile(r"[가-힣]{2,7}(?: [가-힣]{2,7})*")
_HANGUL = re.compile(r"[가-힣]+")


class Names:
    """Korean and foreign names of the dictionary.

    Args:
        names: every name and part of a name.
        syllables: the tagger's table; bits 6-7 say how foreign a sign is.
    """

    def __init__(self, names: Sequence[str], syllables: np.ndarray) -> None:
        self.syllables = syllables
        self.korean = [name for name in names if len(name) == 3 and name[0] in SURNAMES and self.is_korean(name)]
        self.foreign = [name for name in names if 2 <= len(name) <= 5 and not self.is_korean(name)]

    def is_korean(self, name: str) -> bool:
        """Whether a word looks like a Korean name: three syllables with a usual surname, or none that is foreign."""
        strange = [int(self.syllables[ord(sign)]) >> 6 for sign in name]
        return max(strange[1:] if len(name) == 3 and name[0] in SURNAMES else strange) < 3 and len(name) <= 3

    def korean_name(self, rng: random.Random, made_up: float = MADE_UP) -> str:
        """A name of the dictionary, or one with the surname of one, and the syllables of others."""
        name = rng.choice(self.korean)
        if rng.random() < made_up:
            return name[0] + rng.choice(self.korean)[1] + rng.choice(self.korean)[2]
        return name

    def foreign_word(self, rng: random.Random) -> str:
        """A part of a foreign name, or one with the beginning of one and the end of another."""
        name = rng.choice(self.foreign)
        if rng.random() < MADE_UP:
            other = rng.choice(self.foreign)
            return (name[: (len(name) + 1) // 2] + other[len(other) // 2 :])[:6]
        return name

    def foreign_name(self, rng: random.Random) -> str:
        """One or two words."""
        return " ".join(self.foreign_word(rng) for _ in range(rng.choice((1, 1, 2))))

    def like(self, value: str, rng: random.Random) -> str:
        """A name of the same kind as `value`, or `value` itself where its kind is not clear."""
        if len(value) == 3 and value[0] in SURNAMES and _HANGUL.fullmatch(value):
            return self.korean_name(rng, MADE_UP_IN_COPIES)
        if len(value) == 2 and _HANGUL.fullmatch(value) and self.is_korean(value):
            return self.korean_name(rng)[1:] if rng.random() < MADE_UP else value
        if _TOKENS.fullmatch(value) and rng.random() < MADE_UP:
            return " ".join(self.foreign_word(rng) for _ in value.split(" "))
        return value
