"""Policies: default deny, every decision names its policies, and what cannot be decided is refused."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from governance.policy import CANNOT_DECIDE, DEFAULT_DENY, SCHEMA_FILE, Decision, Entity, Policies, default_policies
from governance.records.errors import ConfigError, RefusedError

SCHEMA = """
entity Person = { age: Long, nickname?: String };
entity Room;
action admit, label appliesTo { principal: Person, resource: Room, context: { at: datetime } };
"""
ADULTS = (
    '@id("adults") @reason("old enough") @reason_ko("성인")\npermit (principal, action == Action::"admit", resource)'
)
GOOD = {"a.cedar": ADULTS + " when { principal.age >= 18 };"}


def decide(policies: Policies, age: int = 20, **attributes: Any) -> Decision:
    person = Entity("Person", 'odd "name"\n', {"age": age} | attributes)
    return policies.decide("admit", person, Entity("Room", "r"), {"at": date(2026, 11, 24)})


def test_what_no_policy_permits_is_refused_by_default() -> None:
    decision = decide(Policies(GOOD, SCHEMA), age=17)
    assert (decision.effect, decision.policies) == ("deny", (DEFAULT_DENY,))


def test_an_allowing_decision_names_the_policy_that_permits() -> None:
    decision = decide(Policies(GOOD, SCHEMA)).require()
    assert (decision.policies, decision.reasons, decision.reasons_ko) == (("adults",), ("old enough",), ("성인",))


def test_a_refusal_names_every_policy_that_forbids_and_says_why() -> None:
    forbid = (
        '@id("{0}") @reason("{0} why") @reason_ko("{0} 까닭")\nforbid (principal, action, resource) when {{ {1} }};'
    )
    texts = GOOD | {"b.cedar": forbid.format("b", "principal.age > 5") + forbid.format("a", "principal.age > 6")}
    with pytest.raises(RefusedError, match=r"a why \[a\]; b why \[b\]") as caught:
        decide(Policies(texts, SCHEMA)).require()
    assert caught.value.policies == ("a", "b")


def test_a_request_that_does_not_fit_the_schema_is_refused() -> None:
    decision = decide(Policies(GOOD, SCHEMA), nickname=7)
    assert (decision.effect, decision.policies) == ("deny", (CANNOT_DECIDE,))


def test_a_policy_that_fails_while_it_is_applied_refuses() -> None:
    overflow = GOOD | {
        "b.cedar": '@id("o") @reason("r") @reason_ko("r")\nforbid (principal, action, resource) '
        "when { principal.age * 9223372036854775807 > 1 };"
    }
    assert decide(Policies(overflow, SCHEMA)).policies == (CANNOT_DECIDE,)


def test_a_decision_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        decide(Policies(GOOD, SCHEMA), age=3).effect = "allow"  # type: ignore[misc]


WRONG = {
    "no id": ('@reason("r") @reason_ko("r")\npermit (principal, action, resource);', "@id is missing"),
    "no reason": ('@id("x") @reason_ko("r")\npermit (principal, action, resource);', "x: @reason is missing"),
    "no Korean reason": ('@id("x") @reason("r")\npermit (principal, action, resource);', "x: @reason_ko is missing"),
    "an id twice": (ADULTS + ";", "used twice"),
    "an attribute the schema lacks": (ADULTS.replace("adults", "x") + " when { principal.height > 1 };", "height"),
    "an optional attribute unguarded": (
        ADULTS.replace("adults", "x") + ' when { principal.nickname == "" };',
        "nickname",
    ),
    "not Cedar": ("permit everything;", "not Cedar"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_bundle_that_is_wrong_does_not_load(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Policies(GOOD | {"b.cedar": text}, SCHEMA)
    assert any(said in problem for problem in caught.value.problems)


def test_a_directory_without_policies_does_not_load(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Policies.load(tmp_path)
    (tmp_path / SCHEMA_FILE).write_text(SCHEMA)
    with pytest.raises(ConfigError):
        Policies.load(tmp_path)


def test_the_digest_moves_with_any_byte_of_the_bundle() -> None:
    digests = {
        Policies(GOOD, SCHEMA).bundle_digest,
        Policies({"a.cedar": GOOD["a.cedar"] + "\n"}, SCHEMA).bundle_digest,
        Policies({"b.cedar": GOOD["a.cedar"]}, SCHEMA).bundle_digest,
        Policies(GOOD, SCHEMA + "\n").bundle_digest,
    }
    assert len(digests) == 4
    assert Policies(dict(GOOD), SCHEMA).bundle_digest in digests


def test_the_policies_that_ship_load_and_speak_korean() -> None:
    policies = Policies.load(default_policies())
    assert len(policies.ids) == len(set(policies.ids)) >= 40
    for path in default_policies().glob("*.cedar"):
        for sentence in re.findall(r'@reason_ko\("([^"]+)"\)', path.read_text(encoding="utf-8")):
            assert re.search("[가-힣]", sentence)
