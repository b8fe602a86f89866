"""Gates: each refusal of each shipped policy, one row a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from governance.gates import Officer, admit, erase, korean_day, place, purpose_context, terms_attributes
from governance.policy import Policies, default_policies
from governance.terms import parse_terms

POLICIES = Policies.load(default_policies())
DAY = date(2026, 11, 24)
BASE = {"holder": "발행처", "legal_basis": "licence", "evidence": "https://example.org/terms", "licence": "CC0-1.0"}
APPROVAL = {"number": "2027-1", "approved_at": "2027-08-31", "environment": "safe-zone-1"}
SPECIAL = {"legal_basis": "PIPA_28_12", "pipa_approval": APPROVAL}

# What is wrong → terms, day, purpose, state → the one policy that refuses.
ADMIT: dict[str, tuple[dict[str, Any] | None, date, str, str, str]] = {
    "no terms": (None, DAY, "pretrain", "active", "admit-terms-missing"),
    "not begun": ({"valid_from": "2026-11-25"}, DAY, "pretrain", "active", "admit-not-started"),
    "ended": ({"expires": "2026-11-23"}, DAY, "pretrain", "active", "admit-expired"),
    "no training": ({"training": False}, DAY, "pretrain", "active", "admit-training"),
    "another purpose": ({"purposes": ["evaluate"]}, DAY, "research", "active", "admit-purpose"),
    "no alteration": ({"derivatives": False}, DAY, "pretrain", "active", "admit-no-derivatives"),
    "basis to come": (SPECIAL, date(2027, 3, 8), "pretrain", "active", "admit-basis-not-in-force"),
    "approval lapsed": (SPECIAL, date(2028, 3, 1), "pretrain", "active", "admit-approval-lapsed"),
    "withdrawn": ({}, DAY, "pretrain", "suspended", "admit-withdrawn"),
}


@pytest.mark.parametrize(("changes", "day", "purpose", "state", "policy"), ADMIT.values(), ids=ADMIT)
def test_admit_refuses_with_the_policy_that_says_why(
    changes: dict[str, Any] | None, day: date, purpose: str, state: str, policy: str
) -> None:
    terms = None if changes is None else parse_terms("s", BASE | changes)
    decision = admit(POLICIES, "s", terms, as_of=day, purpose=purpose, state=state)
    assert (decision.effect, decision.policies) == ("deny", (policy,))


ADMITTED: dict[str, tuple[dict[str, Any], date, str]] = {
    "plain": ({}, DAY, "pretrain"),
    "on the last day": ({"expires": "2026-11-24"}, DAY, "pretrain"),
    "on the first day": ({"valid_from": "2026-11-24"}, DAY, "pretrain"),
    "evaluation without training": ({"training": False}, DAY, "evaluate"),
    "KOGL 4 with the AI mark": ({"licence": "LicenseRef-KOGL-4", "kogl_ai": True}, DAY, "pretrain"),
    "the last day of an approval's six months": (SPECIAL, date(2028, 2, 29), "pretrain"),
}


@pytest.mark.parametrize(("changes", "day", "purpose"), ADMITTED.values(), ids=ADMITTED)
def test_admit_lets_through_what_is_in_order(changes: dict[str, Any], day: date, purpose: str) -> None:
    admit(POLICIES, "s", parse_terms("s", BASE | changes), as_of=day, purpose=purpose).require()


@pytest.mark.parametrize(("region", "allowed"), [("KR", True), ("US", False)])
def test_place_keeps_texts_in_korea_where_their_terms_do(region: str, allowed: bool) -> None:
    kept = parse_terms("s", BASE | {"licence": "LicenseRef-AIHub"})
    free = parse_terms("s", BASE)
    assert place(POLICIES, "s", kept, region=region, as_of=DAY).allowed is allowed
    assert place(POLICIES, "s", free, region=region, as_of=DAY).allowed
    assert place(POLICIES, "s", None, region=region, as_of=DAY).policies[-1] == "place-terms-missing"


@pytest.mark.parametrize(
    ("roles", "basis", "policies"),
    [
        (("officer",), "R-2026-4", ("erase-officer",)),
        (("engineer",), "R-2026-4", ("erase-not-officer",)),
        (("officer",), "", ("erase-no-basis",)),
    ],
)
def test_erasing_needs_an_officer_and_a_ground(roles: tuple[str, ...], basis: str, policies: tuple[str, ...]) -> None:
    assert erase(POLICIES, Officer("kim", roles), "s", basis=basis, as_of=DAY).policies == policies


def test_days_are_judged_in_korea() -> None:
    assert korean_day(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) == DAY
    assert korean_day(datetime(2026, 11, 23, 14, 59, tzinfo=UTC)) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="zone"):
        korean_day(datetime(2026, 11, 23))


def test_a_purpose_that_nobody_knows_counts_as_training() -> None:
    assert purpose_context("distil")["training_purpose"] is True
    assert purpose_context("evaluate")["training_purpose"] is False


def test_duties_travel_with_a_decision_that_allows() -> None:
    terms = parse_terms("s", BASE | {"licence": "CC-BY-SA-4.0"})
    assert admit(POLICIES, "s", terms, as_of=DAY, purpose="pretrain").duties == ("attribution", "share_alike")
    assert admit(POLICIES, "s", terms, as_of=DAY, purpose="unknown").duties == ()


def test_policies_never_see_holder_or_evidence() -> None:
    attributes = terms_attributes(parse_terms("s", BASE))
    assert attributes is not None
    assert not {"holder", "evidence", "attribution"} & set(attributes)
