import unicodedata
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.disguise import DISGUISES
from samples.grammar import Grammar
from samples.invented import MAKERS

READ = dict(zip("공일이삼사오육칠팔구", "0123456789", strict=True))
LOSSY = {"masked", "initial", "country_code"}
NUMBERS = ["rrn", "frn", "card", "mobile", "account", "brn", "corp"]


def digits_of(written: str) -> str:
    """Digits in the order in which a person would read them out."""
    plain = unicodedata.normalize("NFKC", written).replace("O", "0").replace("l", "1")
    return "".join(READ.get(sign, sign) for sign in plain if sign.isdigit() or sign in READ)


@pytest.mark.parametrize("kind", NUMBERS)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_disguise_keeps_every_digit_in_order(kind: str, seed: int) -> None:
    rng, grammar = Random(seed), Grammar({})
    value = MAKERS[kind](rng, grammar)
    for name, disguise in DISGUISES[kind].items():
        if name not in LOSSY:
            connective = {"split_by_word": ("이어서",)}.get(name, ())
            written = disguise(value, rng)
            for word in connective:
                written = written.replace(word, "")
            assert digits_of(written) == digits_of(value), name


@pytest.mark.parametrize("kind", sorted(DISGUISES))
def test_every_disguise_but_plain_changes_some_values(kind: str, grammar: Grammar) -> None:
    for name, disguise in DISGUISES[kind].items():
        rng = Random(3)
        values = [MAKERS[kind](rng, grammar) for _ in range(30)]
        changed = any(disguise(value, rng) != value for value in values)
        assert changed == (name != "plain"), name


def test_masking_hides_the_last_digits_only() -> None:
    assert DISGUISES["rrn"]["masked"]("900101-1234567", Random(1)) == "900101-123****"
