from collections import Counter
from random import Random

from samples.grammar import Grammar
from samples.plant import Planter, plans


def test_each_plan_is_dealt_once_before_any_is_dealt_again(grammar: Grammar) -> None:
    planter = Planter(grammar, Random(2))
    count = len(plans(grammar))
    first = Counter((m.kind, m.variant) for _ in range(count) for m in planter.sentence(lambda _: True).marks)
    expected = Counter(("rrn" if kind == "rrn_2020" else kind, variant) for kind, variant, _ in plans(grammar))
    assert first == expected


def test_a_sentence_always_fits_its_format(grammar: Grammar) -> None:
    planter = Planter(grammar, Random(2))
    sentences = [planter.sentence(lambda text: "\n" not in text).text for _ in range(400)]
    assert not [sentence for sentence in sentences if "\n" in sentence]


def test_what_does_not_fit_waits_for_a_format_that_holds_it(grammar: Grammar) -> None:
    planter = Planter(grammar, Random(2))
    count = len(plans(grammar))
    narrow = {m.variant for _ in range(count // 2) for m in planter.sentence(lambda text: "\n" not in text).marks}
    wide = {m.variant for _ in range(count) for m in planter.sentence(lambda _: True).marks}
    assert "line_break" not in narrow
    assert "line_break" in wide


def test_negatives_take_turns(grammar: Grammar) -> None:
    planter = Planter(grammar, Random(2))
    kinds = Counter(planter.negative().marks[0].kind for _ in range(80))
    assert set(kinds.values()) == {10}
