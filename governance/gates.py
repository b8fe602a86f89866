"""The gates: what each asks the policies, built from terms, grants and days.

admit   may a source enter a run?                       pipelines, before a byte is read, and again at publish
place   may its texts be stored in this region?         pipelines, at publish
share   may this recipient have this shard?             entitlements, at every read
label   may this organisation see a text of it?         labelling, at every lease
erase   may this person erase, on this ground?          erasure
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

from governance.licences import licence_table
from governance.policy import Decision, Entity, Policies
from governance.terms import Terms, duties

# Korea has had no daylight saving time since 1988, so a fixed offset is exact.
KOREA = timezone(timedelta(hours=9), "KST")


def korean_day(at: datetime) -> date:
    """The calendar day in Korea, on which validity is judged.

    Raises:
        ValueError: a naive time.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be judged; give an aware datetime")
    return at.astimezone(KOREA).date()


def terms_attributes(terms: Terms | None) -> dict[str, Any] | None:
    """A source's terms as the policies see them; None where nothing is recorded."""
    if terms is None:
        return None
    basis = licence_table().legal_bases[terms.legal_basis]
    start_by = None
    if terms.pipa_approval is not None and basis.start_months is not None:
        start_by = _months_later(terms.pipa_approval.approved_at, basis.start_months)
    plain = ("licence", "legal_basis", "purposes", "training", "commercial", "derivatives", "residency")
    dated = ("valid_from", "expires", "approval_required", "kogl_ai")
    return {name: getattr(terms, name) for name in plain + dated} | {
        "agreement": terms.agreement is not None,
        "basis_from": basis.since,
        "start_by": start_by,
    }


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + year, month + 1)[1]
    return date(day.year + year, month + 1, min(day.day, last))


def purpose_context(purpose: str) -> dict[str, Any]:
    """A purpose, and whether it needs the right to train. A purpose that no table has counts as training."""
    known = licence_table().purposes
    return {"purpose": purpose, "training_purpose": known[purpose].training if purpose in known else True}


def _operator(name: str, roles: tuple[str, ...]) -> Entity:
    return Entity("Operator", name, {"roles": roles})


def admit(
    policies: Policies, source: str, terms: Terms | None, *, as_of: date, purpose: str, state: str = "active"
) -> Decision:
    """May this source enter a run? `as_of` is the plan's day, `state` what officers set for the source."""
    resource = Entity("Source", source, {"terms": terms_attributes(terms), "state": state})
    context = {"at": as_of, **purpose_context(purpose)}
    decision = policies.decide("admit", _operator("pipeline", ()), resource, context)
    return with_duties(decision, terms)


def place(policies: Policies, source: str, terms: Terms | None, *, region: str, as_of: date) -> Decision:
    """May texts of this source be stored in this region (country code)?"""
    resource = Entity("Source", source, {"terms": terms_attributes(terms), "state": "active"})
    decision = policies.decide("place", _operator("pipeline", ()), resource, {"at": as_of, "region": region})
    return with_duties(decision, terms)


@dataclass(frozen=True)
class Officer:
    """Who asks for an erasure, with the roles that the installation gave."""

    name: str
    roles: tuple[str, ...] = ("officer",)


def erase(policies: Policies, officer: Officer, source: str, *, basis: str, as_of: date) -> Decision:
    """May this person erase documents of this source on this ground (`basis`: number of a request, statute, order)?"""
    resource = Entity("Source", source, {"state": "active"})
    return policies.decide("erase", _operator(officer.name, officer.roles), resource, {"at": as_of, "basis": basis})


def with_duties(decision: Decision, terms: Terms | None, grant: str | None = None) -> Decision:
    """The decision with what the recipient must keep to, and the grant it rests on."""
    carried = tuple(duties(terms)) if terms is not None and decision.allowed else ()
    return replace(decision, duties=carried, grant=grant)
