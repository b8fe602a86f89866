"""Grants: numbered, never deleted, revoked once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from governance.records.errors import ConfigError, NotFoundError
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore

AT = datetime(2026, 11, 24, tzinfo=UTC)
WANTED = Grant(
    "team", "hangeul", "pretrain", date(2026, 1, 1), date(2026, 12, 31), ("laws", "books"), ("kogl-1",), "A-1"
)


@pytest.fixture
def given(store: SharingStore) -> Grant:
    store.recipients.add(Recipient("team", "Team"), at=AT)
    return store.grants.add(WANTED, at=AT, by="officer")


def test_a_grant_comes_back_as_it_was_given(store: SharingStore, given: Grant) -> None:
    expected = replace(WANTED, number=given.number, granted_by="officer", sources=("books", "laws"))
    assert store.grants.get(given.number) == expected == given
    assert given.id == f"G-{given.number}"
    assert store.grants.of(("team",), "hangeul") == [given]
    assert store.grants.of(("team",), "other") == []


def test_numbers_are_never_used_again(store: SharingStore, given: Grant) -> None:
    assert store.grants.add(WANTED, at=AT, by="officer").number == given.number + 1


def test_the_first_revocation_stays(store: SharingStore, given: Grant) -> None:
    store.grants.revoke(given.number, at=AT, by="kim", because="left")
    again = store.grants.revoke(given.number, at=AT + timedelta(days=1), by="lee", because="other")
    assert (again.revoked_at, again.revoked_because) == (AT, "left")
    with pytest.raises(NotFoundError):
        store.grants.revoke(999, at=AT, by="kim", because="left")


@pytest.mark.parametrize(
    ("sources", "licences", "covered"),
    [
        ((), (), True),
        (("laws",), (), True),
        (("books",), (), False),
        ((), ("kogl-1",), True),
        ((), ("kogl-2",), False),
        (("laws",), ("kogl-2",), False),
    ],
)
def test_an_empty_filter_covers_everything_and_a_filled_one_what_it_names(
    sources: tuple[str, ...], licences: tuple[str, ...], covered: bool
) -> None:
    assert replace(WANTED, sources=sources, licences=licences).covers("laws", "kogl-1") is covered


def test_a_grant_that_makes_no_sense_is_refused(store: SharingStore, given: Grant) -> None:
    with pytest.raises(ConfigError, match="before 2026-01-01"):
        store.grants.add(replace(WANTED, valid_until=date(2025, 1, 1)), at=AT, by="kim")
    with pytest.raises(ConfigError, match="blank"):
        store.grants.add(replace(WANTED, approval_no=" "), at=AT, by="kim")
