"""What officers do at the consortia's door: recipients, grants, profiles, explanations. Pure functions on the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from governance.entitlements import Shard, entitled
from governance.licences import licence_table
from governance.policy import Decision, Policies
from governance.records.errors import ConfigError
from governance.records.settings import nearest
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore
from governance.store.sources import RecordedSource
from governance.terms import Terms


@dataclass(frozen=True)
class Profile:
    """A recipient's profile file. The token in it is shown once and kept nowhere; it is in no repr."""

    token_id: str
    endpoint: str
    expires_at: datetime
    bearer: str = field(repr=False)

    def document(self) -> dict[str, Any]:
        """The profile file's content (Delta Sharing, profile version 1)."""
        return {
            "shareCredentialsVersion": 1,
            "endpoint": self.endpoint,
            "bearerToken": self.bearer,
            "expirationTime": self.expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.0Z"),
        }


def new_profile(store: SharingStore, recipient: str, *, endpoint: str, at: datetime, expires_at: datetime) -> Profile:
    """Issues a token to a recipient, and the profile to hand over. Earlier tokens stay as they are.

    Raises:
        NotFoundError: nobody has this name.
        ConfigError: it would expire before it is made.
    """
    store.recipients.get(recipient)
    made = store.tokens.issue(recipient, at=at, expires_at=expires_at)
    return Profile(made.token.id, endpoint, expires_at, made.bearer)


def give_grant(store: SharingStore, grant: Grant, *, at: datetime, by: str, corpora: Iterable[str]) -> Grant:
    """Records a grant after checking that it can mean something.

    Raises:
        NotFoundError: nobody has this name.
        ConfigError: unknown purpose, corpus, source or licence class; every problem at once.
    """
    store.recipients.get(grant.recipient)
    known = list(corpora)
    sources = store.sources.of(grant.corpus) if grant.corpus in known else {}
    problems = _unknown("purpose", [grant.purpose], licence_table().purposes)
    problems += _unknown("corpus", [grant.corpus], known)
    if sources:
        problems += _unknown("source", grant.sources, sources)
    if problems:
        raise ConfigError([f"grant to {grant.recipient}: {problem}" for problem in problems])
    return store.grants.add(grant, at=at, by=by)


def _unknown(kind: str, names: Sequence[str], known: Iterable[str]) -> list[str]:
    listed = list(known)
    return [f"no {kind} is called {name!r}{nearest(name, listed)}" for name in names if name not in listed]


def revoke_grant(store: SharingStore, number: int, *, at: datetime, by: str, because: str) -> Grant:
    """Ends a grant at once, downloads under way included.

    Raises:
        NotFoundError: no such grant.
        ConfigError: no reason is given.
    """
    if not because.strip():
        raise ConfigError(f"grant G-{number}: a revocation needs its reason")
    return store.grants.revoke(number, at=at, by=by, because=because)


def record_release(
    store: SharingStore, corpus: str, sources: Mapping[str, Terms], *, at: datetime, pii_level: str = "pseudonymised"
) -> None:
    """Records the terms of a release's sources; until then none of it is shared. Repeating it is harmless."""
    for name in sorted(sources):
        store.sources.record(corpus, name, RecordedSource(sources[name], pii_level), at=at)


@dataclass(frozen=True)
class Explanation:
    """Why a recipient may or may not have the shards of one source and licence class, for one purpose."""

    source: str
    licence_class: str
    shards: int
    rows: int
    decision: Decision


def explain(
    store: SharingStore, policies: Policies, recipient: str, shards: Iterable[Shard], *, purpose: str, at: datetime
) -> list[Explanation]:
    """One line for each source, licence class and decision, in that order.

    Raises:
        NotFoundError: nobody has this name.
    """
    decided = entitled(store.recipients.get(recipient), shards, at, policies, store, purpose=purpose)
    groups: dict[tuple[str, str, tuple[str, ...]], list[tuple[Shard, Decision]]] = {}
    for shard, decision in decided:
        groups.setdefault((shard.source, shard.licence_class, decision.policies), []).append((shard, decision))
    return [
        Explanation(source, licence, len(group), sum(max(s.rows, 0) for s, _ in group), group[0][1])
        for (source, licence, _), group in sorted(groups.items(), key=lambda item: item[0])
    ]


@dataclass(frozen=True)
class RecipientSummary:
    """A recipient with its grants and tokens."""

    recipient: Recipient
    grants: tuple[Grant, ...]
    tokens: tuple[Mapping[str, Any], ...]


def summaries(store: SharingStore) -> list[RecipientSummary]:
    """Everyone, by name."""
    return [
        RecipientSummary(
            recipient,
            tuple(store.grants.of((recipient.name,))),
            tuple(vars(token) for token in store.tokens.of(recipient.name)),
        )
        for recipient in store.recipients.list()
    ]


def year_from(day: date) -> date:
    """The same day next year (28 February for the 29th): how long a grant or token holds when nothing is said."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
