"""Tokens: proven by whoever holds them, kept by nobody, ended by time or by an officer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.records.errors import ConfigError, NotFoundError, RefusedError
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore
from governance.store.tokens import EXPIRED, INVALID, REVOKED, NewToken

AT = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def issued(store: SharingStore) -> NewToken:
    store.recipients.add(Recipient("team", "Team"), at=AT)
    return store.tokens.issue("team", at=AT, expires_at=AT + DAY)


def test_a_token_proves_its_recipient_until_it_expires(store: SharingStore, issued: NewToken) -> None:
    assert store.tokens.check(issued.bearer, at=AT + DAY - timedelta(seconds=1)).recipient == "team"
    with pytest.raises(RefusedError) as caught:
        store.tokens.check(issued.bearer, at=AT + DAY)
    assert caught.value.policies == (EXPIRED,)


def test_a_revoked_token_is_refused_and_its_first_revocation_stays(store: SharingStore, issued: NewToken) -> None:
    store.tokens.revoke(issued.token.id, at=AT)
    assert store.tokens.revoke(issued.token.id, at=AT + DAY).revoked_at == AT
    for refused in (
        lambda: store.tokens.check(issued.bearer, at=AT),
        lambda: store.tokens.by_id(issued.token.id, at=AT),
    ):
        with pytest.raises(RefusedError) as caught:
            refused()
        assert caught.value.policies == (REVOKED,)


FORGED: dict[str, Callable[[str], str]] = {
    "empty": lambda bearer: "",
    "no prefix": lambda bearer: bearer.removeprefix("mlm_"),
    "another prefix": lambda bearer: bearer.replace("mlm_", "mlx_"),
    "no secret": lambda bearer: bearer.rpartition("_")[0] + "_",
    "last character changed": lambda bearer: bearer[:-1] + ("a" if bearer[-1] != "a" else "b"),
    "cut short": lambda bearer: bearer[:-1],
    "longer": lambda bearer: bearer + "a",
    "another id": lambda bearer: bearer.replace(bearer.split("_")[1], "a" * 16),
    "not ASCII": lambda bearer: bearer + "가",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_anything_but_the_token_itself_is_refused(
    store: SharingStore, issued: NewToken, forge: Callable[[str], str]
) -> None:
    with pytest.raises(RefusedError) as caught:
        store.tokens.check(forge(issued.bearer), at=AT)
    assert caught.value.policies == (INVALID,)
    assert issued.bearer[-20:-1] not in str(caught.value)


def test_the_store_holds_no_token_and_no_repr_shows_one(tmp_path: Path) -> None:
    store = SharingStore.open(tmp_path / "s.sqlite")
    store.recipients.add(Recipient("team", "Team"), at=AT)
    made = store.tokens.issue("team", at=AT, expires_at=AT + DAY)
    store.close()
    secret = made.bearer.rpartition("_")[2]
    assert secret not in repr(made)
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_last_use_is_noted_once_a_minute(store: SharingStore, issued: NewToken) -> None:
    for seconds, noted in ((0, 0), (30, 0), (60, 60), (119, 60)):
        store.tokens.check(issued.bearer, at=AT + timedelta(seconds=seconds))
        assert store.tokens.of("team")[0].last_used_at == AT + timedelta(seconds=noted)


def test_a_token_that_would_be_dead_on_arrival_is_not_made(store: SharingStore, issued: NewToken) -> None:
    with pytest.raises(ConfigError):
        store.tokens.issue("team", at=AT, expires_at=AT)
    with pytest.raises(NotFoundError):
        store.tokens.revoke("nobody", at=AT)
    assert len(store.tokens.of()) == 1
