"""Entitlements: which shards of a corpus a recipient may have, each with the decision that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from governance.gates import korean_day, purpose_context, terms_attributes, with_duties
from governance.policy import Decision, Entity, Policies
from governance.records.ids import content_name
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore, View

SHARDS = "shards"


@dataclass(frozen=True)
class Shard:
    """One file of a release: one source, one licence class.

    Attributes:
        path: relative to the corpus's table, `shards/<source>/<licence class>/<name>.parquet`.
        rows: documents; -1 where the table does not say.
    """

    corpus: str
    path: str
    source: str
    licence_class: str
    size: int
    rows: int = -1

    @classmethod
    def at(cls, corpus: str, path: str, *, size: int, rows: int = -1) -> Shard | None:
        """The shard at a path, or None when the path is not laid out as one."""
        parts = path.split("/")
        if len(parts) != 4 or parts[0] != SHARDS:
            return None
        return cls(corpus, path, parts[1], parts[2], size, rows)

    @cached_property
    def id(self) -> str:
        """26 characters that stand for corpus and path; the same in every release that carries the file over."""
        return content_name([self.corpus, self.path])


@dataclass(frozen=True)
class Asked:
    """What is asked for: a gate, a purpose, a moment and the client's country (None: the recipient's own)."""

    purpose: str
    at: datetime
    gate: Literal["share", "label"] = "share"
    country: str | None = None


def entitled(
    recipient: Recipient,
    shards: Iterable[Shard],
    at: datetime,
    policies: Policies,
    store: SharingStore,
    *,
    purpose: str | None = None,
) -> list[tuple[Shard, Decision]]:
    """A decision for every shard, in order, allowed or not.

    Without a `purpose`, each purpose the recipient has a grant for is tried and the first that allows counts; what the
    store says is read once for all shards.
    """
    listed = list(shards)
    views = {corpus: store.view(recipient, corpus) for corpus in sorted({shard.corpus for shard in listed})}
    known: dict[Any, Decision] = {}
    return [(shard, _memoised(known, views[shard.corpus], shard, purpose, at, policies)) for shard in listed]


def may_label(organisation: str, shard: Shard, at: datetime, policies: Policies, store: SharingStore) -> Decision:
    """May this labelling organisation (a registered recipient) see a text of this shard? Asked at every lease.

    Raises:
        NotFoundError: nobody registered the organisation.
    """
    view = store.view(store.recipients.get(organisation), shard.corpus)
    return decide_shard(policies, view, shard, Asked("label", at, "label"))


def _memoised(
    known: dict[Any, Decision], view: View, shard: Shard, purpose: str | None, at: datetime, policies: Policies
) -> Decision:
    """Shards of one source, licence class and state get the same answer; only the name in it differs."""
    key = (shard.corpus, shard.source, shard.licence_class, view.state(shard.source, shard.path))
    if key not in known:
        known[key] = _any_purpose(view, shard, purpose, at, policies)
    return _about(known[key], shard)


def _about(decision: Decision, shard: Shard) -> Decision:
    return replace(decision, resource=f"Shard::{shard.path}")


def _any_purpose(view: View, shard: Shard, purpose: str | None, at: datetime, policies: Policies) -> Decision:
    purposes = [purpose] if purpose else sorted({grant.purpose for grant in view.grants}) or ["pretrain"]
    decisions = [decide_shard(policies, view, shard, Asked(name, at)) for name in purposes]
    return next((decision for decision in decisions if decision.allowed), decisions[0])


def decide_shard(policies: Policies, view: View, shard: Shard, asked: Asked) -> Decision:
    """One decision on one shard: under the first grant that allows it, else the refusal that is nearest to allowing."""
    candidates: Sequence[Grant | None] = [
        grant
        for grant in view.grants
        if grant.purpose == asked.purpose and grant.covers(shard.source, shard.licence_class)
    ] or [None]
    decisions = [_under(policies, view, shard, asked, grant) for grant in candidates]
    allowed = next((decision for decision in decisions if decision.allowed), None)
    return allowed or min(decisions, key=lambda decision: len(decision.policies))


def _under(policies: Policies, view: View, shard: Shard, asked: Asked, grant: Grant | None) -> Decision:
    recipient, recorded = view.recipient, view.sources.get(shard.source)
    principal = Entity(
        "Recipient",
        recipient.name,
        {
            "organisation": recipient.title,
            "country": recipient.country,
            "commercial": recipient.commercial,
            "status": recipient.effective_status,
            "internal": recipient.internal,
        },
    )
    terms = recorded.terms if recorded else None
    attributes: dict[str, Any] = {"source": shard.source, "licence_class": shard.licence_class}
    attributes |= {"state": view.state(shard.source, shard.path), "terms": terms_attributes(terms)}
    attributes |= {"pii_level": recorded.pii_level if recorded else "unknown"}
    context = {"at": korean_day(asked.at), "country": asked.country or recipient.country}
    context |= purpose_context(asked.purpose) | {"grant": _grant_attributes(grant, recipient)}
    decision = policies.decide(asked.gate, principal, Entity("Shard", shard.path, attributes), context)
    return with_duties(decision, terms, grant.id if grant else None)


def _grant_attributes(grant: Grant | None, recipient: Recipient) -> dict[str, Any] | None:
    if grant is None:
        return None
    return {
        "purpose": grant.purpose,
        "valid_from": grant.valid_from,
        "valid_until": grant.valid_until,
        "revoked": grant.revoked_at is not None,
        "direct": grant.recipient == recipient.name,
        "approval_no": grant.approval_no,
    }
