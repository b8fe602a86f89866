from governance.records.errors import ErrorCode
from governance.records.schemas import MEASURES
from pipelines.books import STAGES as BOOK_STAGES
from pipelines.report import words
from samples.disguise import DISGUISES
from samples.grammar import Grammar
from samples.plant import plans
from transforms.pii.kinds import Kind
from transforms.pii.policy import Action


def test_everything_that_can_appear_has_a_name_in_both_languages() -> None:
    assert {code.value for code in ErrorCode} <= words.CODES.keys()
    assert {kind.value for kind in Kind} <= words.KINDS.keys()
    assert {action.value for action in Action} <= words.ACTIONS.keys()
    assert MEASURES.keys() | {"chars", "language"} <= words.RULES.keys()
    assert set(BOOK_STAGES) <= words.STAGES.keys()


def test_every_planted_kind_and_variant_has_a_name() -> None:
    found = plans(Grammar.load())
    kinds = {"rrn" if kind == "rrn_2020" else kind for kind, _, _ in found}
    assert kinds <= words.PLANTED_KINDS.keys()
    assert {variant for _, variant, _ in found} <= words.VARIANTS.keys()
    assert {name for of_kind in DISGUISES.values() for name in of_kind} <= words.VARIANTS.keys()


def test_an_unknown_key_is_printed_as_it_is() -> None:
    assert words.named(words.KINDS, "shoe_size") == ("shoe_size", "")
    assert words.rule_named("hangul_share@3").ko == "한글 비율"
