"""`malmoi clusters` as an officer uses it: a table, a cluster, and texts only when asked for, which is logged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.events import EventLog
from governance.keys import KeyStore
from pipelines.home import Home
from pipelines.purging import purge
from tests.end_to_end.commands import invoke
from tests.end_to_end.conftest import letter

Command = Callable[..., Any]


@pytest.fixture
def clusters(released: Home) -> Command:
    return lambda *arguments: invoke("clusters", "test", *arguments, "--home", str(released.root))


@pytest.fixture
def pair(released: Home) -> list[str]:
    """Survivor, and its duplicate."""
    (path,) = released.root.glob("governed/test/releases/*/clusters.parquet")
    frame = pl.read_parquet(path).sort(pl.col("doc_id") != pl.col("survivor_id"))
    return frame["doc_id"].to_list()


def shown(home: Home) -> list[tuple[str, ...]]:
    return [entry.event.subjects for entry in EventLog(home.events).read(actions=["clusters.show"])]


def test_the_table_and_a_cluster_say_no_text_and_leave_no_event(
    released: Home, clusters: Command, pair: list[str]
) -> None:
    (row,) = clusters("--json").json
    assert (row["survivor"], row["size"]) == (pair[0], 2)
    assert [m["doc_id"] for m in clusters(pair[1], "--json").json] == pair
    for result in (clusters(), clusters(pair[0])):
        assert result.code == 0 and "문서는" not in result.out
    assert shown(released) == []


def test_texts_are_shown_when_asked_for_and_it_is_logged(released: Home, clusters: Command, pair: list[str]) -> None:
    result = clusters(pair[1], "--show")
    assert result.code == 0 and "restricted zone" in result.out and "15 equal lines" in result.out
    (subjects,) = shown(released)
    assert set(subjects[1:]) == {f"doc:{one}" for one in pair} and subjects[0].startswith("release:")
    given = clusters(pair[1], pair[0], "--show", "--json").json
    assert given["texts"] == [letter(0)] * 2 and [m["doc_id"] for m in given["members"]] == pair[::-1]


def test_the_page_is_written_only_with_consent(
    released: Home, clusters: Command, pair: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "pair.html"
    refusal = clusters(pair[0], "--html", str(target))
    assert refusal.code == 2 and "--show" in refusal.err and not target.exists() and shown(released) == []
    assert clusters(pair[0], "--show", "--html", str(target)).code == 0
    assert pair[0] in target.read_text("utf-8") and len(shown(released)) == 1


def test_what_was_purged_is_said_and_not_logged_as_shown(
    released: Home, keys: KeyStore, clusters: Command, pair: list[str]
) -> None:
    purge(released, keys, datetime(2026, 11, 24, tzinfo=UTC).date(), everything=True)
    result = clusters(pair[0], "--show")
    assert result.code == 6 and "purged" in result.err and shown(released) == []
    assert clusters(pair[0]).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["a" * 26], 6, "in no cluster"),
        (["a" * 26, "b" * 26, "c" * 26], 2, "3 documents"),
        (["--show"], 2, "needs a member"),
    ],
)
def test_what_makes_no_sense_is_refused(clusters: Command, arguments: list[str], code: int, said: str) -> None:
    result = clusters(*arguments)
    assert result.code == code and said in result.err
