import re
from random import Random

import pytest

from samples.grammar import Grammar
from samples.invented import MAKERS

FORMS = {
    "rrn": r"\d{6}-[1-4]\d{6}",
    "frn": r"\d{6}-[5-8]\d{6}",
    "passport": r"[MS]\d{8}|M\d{3}[A-Z]\d{4}",
    "driver": r"(\d\d-|[가-힣]{2} )\d\d-\d{6}-\d\d",
    "brn": r"\d{3}-\d{2}-\d{5}",
    "corp": r"\d{6}-\d{7}",
    "card": r"\d{4}-\d{4}-\d{4}-\d{4}",
    "mobile": r"010-\d{4}-\d{4}",
    "email": r"[\w.-]+@[\w.]*example\.(com|org|net)",
    "ip": r"203\.0\.113\.\d+",
    "plate": r"\d{2,3}[가-힣]\d{4}",
    "postal": r"\d{5}",
    "customs": r"P\d{12}",
    "name": r"[가-힣]{2,4}",
}


def drawn(kind: str, grammar: Grammar, count: int = 200) -> list[str]:
    rng = Random(11)
    return [MAKERS[kind](rng, grammar) for _ in range(count)]


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_an_invented_value_has_its_issuers_form(kind: str, grammar: Grammar) -> None:
    assert [value for value in drawn(kind, grammar) if not re.fullmatch(FORMS[kind], value)] == []


def test_cards_pass_luhn(grammar: Grammar) -> None:
    for number in drawn("card", grammar):
        digits = [int(sign) for sign in reversed(number) if sign.isdigit()]
        odd, even = digits[0::2], digits[1::2]
        assert (sum(odd) + sum(sum(divmod(2 * digit, 10)) for digit in even)) % 10 == 0


def test_check_digits_follow_the_registries(grammar: Grammar) -> None:
    def total(number: str, weights: str) -> int:
        return sum(int(a) * int(b) for a, b in zip(number, weights, strict=True))

    for value in drawn("rrn", grammar):
        number = value.replace("-", "")
        assert (total(number[:12], "234567892345") + int(number[12])) % 11 in (0, 1, 10)
        assert int(number[12]) == (11 - total(number[:12], "234567892345") % 11) % 10
    for value in drawn("corp", grammar):
        number = value.replace("-", "")
        assert (total(number[:12], "121212121212") + int(number[12])) % 10 == 0


def test_a_known_corporate_number_satisfies_the_rule_used_here() -> None:
    # Samsung Electronics' public registry number, from reference/standards.md 1.6.
    number = "1301110006246"
    assert (sum(int(d) * (1 + place % 2) for place, d in enumerate(number[:12])) + int(number[12])) % 10 == 0
