"""Audit: one pull is a token and a file, however many requests it took."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.audit import DECISIONS, PULLS, Wanted, decisions, pulls, recipients_of
from governance.events import Event, EventLog

AT = datetime(2026, 11, 24, tzinfo=UTC)
SHARD = "shards/laws/kogl-1/1.parquet"


def event(
    minute: int, *, token: str = "t1", shard: str | None = SHARD, purpose: str = "pretrain", **fields: Any
) -> Event:
    subjects = [f"account:{token}", "corpus:hangeul", f"table:malmoi/{purpose}/hangeul"]
    subjects += [f"shard:{shard}"] if shard else []
    plain = Event(
        at=AT + timedelta(minutes=minute),
        actor="body-a",
        action="share.pull",
        origin="192.0.2.1",
        subjects=tuple(subjects),
        documents=20,
        grant="G-1",
        policies=("share-granted",),
    )
    return replace(plain, **fields)


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    made = EventLog(tmp_path / "events.jsonl")
    made.append(
        event(0),
        event(1, origin="192.0.2.9"),
        event(2, token="t2"),
        event(3, shard="shards/laws/kogl-1/2.parquet", actor="body-b"),
        event(4, purpose="evaluate"),
        event(5, outcome="refused", policies=("share-grant-revoked",), documents=0),
        event(6, outcome="refused", policies=("share-no-grant",), shard=None, documents=0),
        event(7, action="share.head"),
        event(8, action="run.publish", actor="malmoi", subjects=("corpus:hangeul",), policies=(), grant=None),
    )
    return made


def test_range_requests_of_one_token_on_one_file_are_one_pull(log: EventLog) -> None:
    table = pulls(log)
    assert table.schema == PULLS
    rows = table.to_pylist()
    assert [(row["token"], row["shard"][-9:], row["purpose"]) for row in rows] == [
        ("t1", "1.parquet", "pretrain"),
        ("t2", "1.parquet", "pretrain"),
        ("t1", "2.parquet", "pretrain"),
        ("t1", "1.parquet", "evaluate"),
    ]
    first = rows[0]
    assert (first["requests"], first["refused"], first["documents"]) == (2, 1, 20)
    assert (first["first_at"], first["last_at"]) == (AT, AT + timedelta(minutes=5))
    assert first["origins"] == ["192.0.2.1", "192.0.2.9"]
    assert first["grants"] == ["G-1"]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(recipient="body-b"), 1),
        (Wanted(corpus="other"), 0),
        (Wanted(shard=SHARD), 3),
        (Wanted(since=AT + timedelta(minutes=3)), 3),
        (Wanted(until=AT + timedelta(minutes=1)), 1),
    ],
    ids=str,
)
def test_pulls_can_be_narrowed(log: EventLog, wanted: Wanted, count: int) -> None:
    assert pulls(log, wanted).num_rows == count


def test_decisions_are_every_event_that_policies_decided(log: EventLog) -> None:
    table = decisions(log)
    assert table.schema == DECISIONS
    assert table.num_rows == 8
    refused = decisions(log, refused_only=True).to_pylist()
    assert [row["policies"] for row in refused] == [["share-grant-revoked"], ["share-no-grant"]]


def test_whom_an_erasure_has_to_tell(log: EventLog) -> None:
    assert recipients_of(log, [SHARD, "shards/laws/kogl-1/9.parquet"]) == {"body-a": [SHARD]}
    assert recipients_of(log, []) == {}


def test_an_empty_log_gives_empty_tables(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "none.jsonl")
    assert (pulls(log).num_rows, decisions(log).num_rows) == (0, 0)
