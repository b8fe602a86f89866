"""Failures: who guesses is locked out, for a while, and only he."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from governance.store.sharing import SharingStore

AT = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_fifth_failure_in_ten_minutes_locks_for_fifteen(store: SharingStore) -> None:
    for minute in range(4):
        assert store.failures.note("192.0.2.1", at=AT + minute * MINUTE) is None
    until = store.failures.note("192.0.2.1", at=AT + 4 * MINUTE)
    assert until == AT + 19 * MINUTE
    assert store.failures.locked_until("192.0.2.1", at=AT + 18 * MINUTE) == until
    assert store.failures.locked_until("192.0.2.1", at=AT + 19 * MINUTE) is None
    assert store.failures.locked_until("192.0.2.2", at=AT + 5 * MINUTE) is None


def test_failures_far_apart_never_lock(store: SharingStore) -> None:
    for hour in range(12):
        assert store.failures.note("192.0.2.1", at=AT + hour * timedelta(hours=1)) is None


def test_a_lock_can_be_lifted(store: SharingStore) -> None:
    for _ in range(5):
        store.failures.note("192.0.2.1", at=AT)
    store.failures.forget("192.0.2.1")
    assert store.failures.locked_until("192.0.2.1", at=AT) is None
