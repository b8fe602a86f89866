"""Plants personal data, and numbers that only look like it, into sentences."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random

from samples.disguise import disguises
from samples.draft import Draft
from samples.grammar import CLOSE, OPEN, Grammar
from samples.invented import MAKERS

Fits = Callable[[str], bool]
Plan = tuple[str, str, str]  # kind, variant, carrier

_CONTEXTS = ("particle", "keyword_far", "no_keyword")
_FORMS = ("form", "form.transfer", "form.vehicle", "form.staff")
# What cannot be told from any other number without a word that says what it is.
_NEED_KEYWORD = {"health_insurance", "postal", "student", "employee", "account", "age", "corp", "ip", "gps"}
_OWN_SENTENCES = {"name", "case"}


def plans(grammar: Grammar) -> list[Plan]:
    """Every kind in every variant, with the carrier that each needs."""
    found: list[Plan] = []
    for kind in MAKERS:
        base = f"carrier.{kind}" if kind in _OWN_SENTENCES else "carrier"
        found += [(kind, variant, base) for variant in disguises(kind)]
        for context in _CONTEXTS:
            if context == "no_keyword" and kind in _NEED_KEYWORD:
                continue
            own = f"{base}.{context}"
            if own in grammar.rules:
                found.append((kind, context, own))
    found += [("name", "foreigner", "carrier.name"), ("name", "hanja", "carrier.name")]
    found += [("sensitive", name.partition(".")[2], name) for name in grammar.rules if name.startswith("sensitive.")]
    return found


class Planter:
    """Deals out plans in a shuffled round, so that every kind and variant is planted about equally often."""

    def __init__(self, grammar: Grammar, rng: Random) -> None:
        self._grammar, self._rng = grammar, rng
        self._plans = plans(grammar)
        self._round: deque[Plan] = deque()
        self._negatives = [name for name in grammar.rules if name.startswith("negative.")]
        self._negative = 0

    def sentence(self, fits: Fits) -> Draft:
        """A sentence with one planted value that `fits` the format it is going to; others wait for their turn."""
        waiting: list[Plan] = []
        while True:
            plan = self._next()
            draft = self._carry(plan)
            if fits(draft.text):
                break
            waiting.append(plan)
        self._round.extendleft(reversed(waiting))
        return draft

    def form(self) -> Draft:
        """Lines of a filled-in form, every value plain."""
        planted: list[tuple[str, str, str]] = []

        def fill(kind: str) -> str:
            planted.append(("pii", kind, "form"))
            return OPEN + MAKERS[kind](self._rng, self._grammar) + CLOSE

        return Draft.wrapped(self._grammar.form(self._rng.choice(_FORMS), self._rng, fill), planted)

    def field(self, template: str, kind: str, variant: str) -> Draft:
        """A short field with one value at `{}`."""
        text = template.format(OPEN + MAKERS[kind](self._rng, self._grammar) + CLOSE)
        return Draft.wrapped(text, [("pii", kind, variant)])

    def negative(self) -> Draft:
        """A sentence whose numbers are nobody's; the whole sentence is marked."""
        rule = self._negatives[self._negative % len(self._negatives)]
        self._negative += 1
        text = OPEN + self._grammar.say(rule, self._rng) + CLOSE
        return Draft.wrapped(text, [("negative", rule.partition(".")[2], "sentence")])

    def _next(self) -> Plan:
        if not self._round:
            self._round.extend(self._rng.sample(self._plans, len(self._plans)))
        return self._round.popleft()

    def _carry(self, plan: Plan) -> Draft:
        kind, variant, carrier = plan
        rng, grammar = self._rng, self._grammar
        value = self._value(kind, variant, carrier)
        if kind == "sensitive":
            carrier, label = "carrier.sensitive", ""
        else:
            label = grammar.say(f"label.{_word(kind)}", rng)
        text = grammar.say(carrier, rng, lambda _: OPEN + value + CLOSE, label=label)
        return Draft.wrapped(text, [("pii", _truth_kind(kind), variant)])

    def _value(self, kind: str, variant: str, carrier: str) -> str:
        if kind == "sensitive":
            return self._grammar.say(carrier, self._rng)
        if kind == "name" and variant in ("foreigner", "hanja"):
            return self._grammar.say(variant if variant == "foreigner" else "hanja.name", self._rng)
        value = MAKERS[kind](self._rng, self._grammar)
        return disguises(kind).get(variant, lambda same, _: same)(value, self._rng)


def _word(kind: str) -> str:
    return "rrn" if kind == "rrn_2020" else kind


def _truth_kind(kind: str) -> str:
    return "rrn" if kind == "rrn_2020" else kind
