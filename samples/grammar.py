"""A small generative grammar for Korean: slots, whole numbers, and particles that agree with what comes before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib import resources
from random import Random

Fill = Callable[[str], str]
Part = tuple[str, str, str]  # (what, value, particle): what is text | slot | number | mark

OPEN, CLOSE = "\ue000", "\ue001"  # around a planted value, until its place is known
_SLOT = re.compile(r"\{(#\d+(?:-\d+)?|@?[a-z_.]*)(?::([^}]*))?\}")
# (after a final consonant, after a vowel); 으로 is also short after ㄹ.
_PARTICLES = {
    "을": ("을", "를"),
    "이": ("이", "가"),
    "은": ("은", "는"),
    "과": ("과", "와"),
    "으로": ("으로", "로"),
    "이라": ("이라", "라"),
    "이라고": ("이라고", "라고"),
    "이라는": ("이라는", "라는"),
    "이던": ("이던", "던"),
}
_DIGIT_FINALS = {"0": 21, "1": 8, "3": 16, "6": 1, "7": 8, "8": 8}
_RIEUL = 8


def final_consonant(word: str) -> int:
    """Index of the final consonant of the last letter or digit of `word` as it is read aloud; 0 when there is none."""
    for sign in reversed(word):
        if "가" <= sign <= "힣":
            return (ord(sign) - ord("가")) % 28
        if sign.isdigit():
            return _DIGIT_FINALS.get(str(int(sign)), 0)
        if sign.isalpha() and sign not in (OPEN, CLOSE):
            return 0
    return 0


def particle(word: str, name: str) -> str:
    """The form of a particle that fits `word`: particle("물", "으로") is "로"."""
    pair = _PARTICLES.get(name)
    if pair is None:
        return name
    final = final_consonant(word)
    short = final == 0 or (name == "으로" and final == _RIEUL)
    return pair[short]


class Grammar:
    """Rules read from the text files of this package: `[rule]` headings, one choice a line, `{slots}` inside."""

    def __init__(self, rules: dict[str, tuple[str, ...]]) -> None:
        self.rules = rules

    @cached_property
    def _parsed(self) -> dict[str, list[list[Part]]]:
        return {name: [_parse(choice) for choice in choices] for name, choices in self.rules.items()}

    @classmethod
    def load(cls) -> Grammar:
        """Every file of `vocabulary/`, in the order of their names."""
        rules: dict[str, list[str]] = {}
        folder = resources.files("samples") / "vocabulary"
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".txt"):
                for name, choice in _choices(file.read_text(encoding="utf-8")):
                    rules.setdefault(name, []).append(choice)
        return cls({name: tuple(choices) for name, choices in rules.items()})

    def say(self, rule: str, rng: Random, fill: Fill | None = None, **given: str) -> str:
        """One sentence of a rule. `given` overrides slots; `fill(kind)` provides what stands at `{@kind}`."""
        return self._expand(rng.choice(self._parsed[rule]), rng, fill, given)

    def deal(self, rule: str, count: int, rng: Random) -> list[str]:
        """`count` sentences of a rule; no choice comes twice before every choice has come once."""
        choices = self._parsed[rule]
        order: list[list[Part]] = []
        while len(order) < count:
            order += rng.sample(choices, len(choices))
        return [self._expand(choice, rng, None, {}) for choice in order[:count]]

    def form(self, rule: str, rng: Random, fill: Fill) -> str:
        """Every line of a rule, in order: a filled-in form."""
        return "\n".join(self._expand(choice, rng, fill, {}) for choice in self._parsed[rule])

    def _expand(self, parts: list[Part], rng: Random, fill: Fill | None, given: dict[str, str]) -> str:
        said = []
        for what, value, ending in parts:
            word = value if what == "text" else self._word(what, value, rng, fill, given)
            said.append(word + particle(word, ending) if ending else word)
        return "".join(said)

    def _word(self, what: str, value: str, rng: Random, fill: Fill | None, given: dict[str, str]) -> str:
        if what == "number":
            low, _, high = value.partition("-")
            return str(rng.randrange(int(low), int(high or low) + 1))
        if what == "mark":
            if fill is None:
                raise ValueError(f"{{@{value}}} needs fill=")
            return fill(value)
        return given[value] if value in given else self.say(value, rng, fill)


def _choices(text: str) -> Iterator[tuple[str, str]]:
    name = ""
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip()[1:-1]
        elif line and not line.startswith("# "):
            yield name, line


def _parse(choice: str) -> list[Part]:
    parts: list[Part] = []
    end = 0
    for match in _SLOT.finditer(choice):
        parts.append(("text", choice[end : match.start()], ""))
        name, ending = match.group(1), match.group(2) or ""
        what = {"#": "number", "@": "mark"}.get(name[:1], "slot")
        parts.append((what, name.lstrip("#@"), ending))
        end = match.end()
    parts.append(("text", choice[end:], ""))
    return [part for part in parts if part[0] != "text" or part[1]]
