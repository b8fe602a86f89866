from datetime import UTC, date, datetime

import pytest

from connectors.formats.times import parser


@pytest.mark.parametrize(
    ("value", "format", "expected"),
    [
        ("2019-04-01", None, "2019-04-01T00:00:00+00:00"),
        ("20260331", None, "2026-03-31T00:00:00+00:00"),
        (20260331, None, "2026-03-31T00:00:00+00:00"),
        ("2019-04-01 09:30", None, "2019-04-01T00:30:00+00:00"),
        ("2019-04-01T09:30:00Z", None, "2019-04-01T09:30:00+00:00"),
        ("2019-04-01T09:30:00+09:00", None, "2019-04-01T00:30:00+00:00"),
        (" 2019-04-01 ", None, "2019-04-01T00:00:00+00:00"),
        ("15.08.01", "%y.%m.%d", "2015-08-01T00:00:00+00:00"),
        ("2019년 4월 1일", "%Y년 %m월 %d일", "2019-04-01T00:00:00+00:00"),
        (date(2019, 4, 1), None, "2019-04-01T00:00:00+00:00"),
        (datetime(2019, 4, 1, 9), None, "2019-04-01T00:00:00+00:00"),
        (datetime(2019, 4, 1, 9, tzinfo=UTC), None, "2019-04-01T09:00:00+00:00"),
    ],
)
def test_dates_keep_their_day_and_times_are_korean_unless_they_say_otherwise(value, format, expected):
    assert parser(format)(value).isoformat() == expected


@pytest.mark.parametrize("value", ["", "어제", "2019-13-01", "2024-02-30", None, [], {}, 1.5, "15.08.01", "9999999999"])
def test_what_is_no_date_is_unknown(value):
    assert parser(None)(value) is None
