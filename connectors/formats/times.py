"""Dates and times as sources write them, to timezone-aware datetimes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


def parser(date_format: str | None) -> Callable[[Any], datetime | None]:
    """A function from a field's value to a time in UTC, or None where it is unknown.

    A date alone stands for its midnight in UTC, so that the written date is kept; a time without a zone is taken as
    Korean (UTC+9). What cannot be read is unknown, not an error: a wrong date does not make a text unreadable.

    Args:
        date_format: `strptime` format; None reads ISO 8601, also without separators (20260331).
    """
    return lambda value: _parse(value, date_format) if isinstance(value, str | int | date) else None


@lru_cache(maxsize=65536)  # a source has far fewer dates than documents, and strptime takes 10 us
def _parse(value: str | int | date, date_format: str | None) -> datetime | None:
    if isinstance(value, datetime):
        return _aware(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    text = str(value).strip()
    try:
        moment = datetime.strptime(text, date_format) if date_format else datetime.fromisoformat(text)
    except ValueError:
        return None
    dated_only = ":" not in text and moment.time() == time()
    return moment.replace(tzinfo=UTC) if dated_only and moment.tzinfo is None else _aware(moment)


def _aware(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=SEOUL)).astimezone(UTC)
