"""Moments as whole microseconds since 1970 in UTC: what the queue stores and compares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from governance.records.errors import ConfigError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC.

    Raises:
        ConfigError: the moment has no time zone, so it could mean two things.
    """
    if moment.tzinfo is None:
        raise ConfigError("a moment without a time zone: pass datetime.now(UTC) or another aware datetime")
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The UTC moment of a number of microseconds."""
    return EPOCH + timedelta(microseconds=value)
