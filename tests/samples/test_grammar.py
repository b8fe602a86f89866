from collections import Counter
from random import Random

import pytest

from samples.grammar import Grammar, particle


@pytest.mark.parametrize(
    ("word", "name", "fits"),
    [
        ("물", "을", "을"),
        ("나무", "을", "를"),
        ("물", "으로", "로"),
        ("산", "으로", "으로"),
        ("나무", "으로", "로"),
        ("사람", "이", "이"),
        ("친구", "이", "가"),
        ("친구", "과", "와"),
        ("사람", "이라고", "이라고"),
        ("2021", "은", "은"),  # 일
        ("1234", "은", "는"),  # 사
        ("１２３", "으로", "으로"),  # 삼, full width
        ("010-1234-5677)", "으로", "로"),  # 칠, read through the bracket
        ("API", "이", "가"),
        ("물", "에서", "에서"),
    ],
)
def test_a_particle_agrees_with_the_sound_before_it(word: str, name: str, fits: str) -> None:
    assert particle(word, name) == fits


def test_every_slot_of_the_vocabulary_names_a_rule(grammar: Grammar) -> None:
    given = {"label"}
    slots = {
        value for choices in grammar._parsed.values() for parts in choices for what, value, _ in parts if what == "slot"
    }
    assert slots - given <= grammar.rules.keys()


def test_no_choice_is_dealt_twice_before_all_were_dealt_once(grammar: Grammar) -> None:
    fixed = Grammar({"word": ("하나", "둘", "셋", "넷")})
    dealt = Counter(fixed.deal("word", 10, Random(1)))
    assert sorted(dealt.values()) == [2, 2, 3, 3]


def test_no_rule_holds_a_choice_twice(grammar: Grammar) -> None:
    twice = {name for name, choices in grammar.rules.items() if len(set(choices)) < len(choices)}
    assert not twice


def test_a_mark_without_a_filler_is_refused(grammar: Grammar) -> None:
    with pytest.raises(ValueError, match="fill="):
        Grammar({"a": ("{@}",)}).say("a", Random(1))
