import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from governance.events import Event, EventLog
from governance.keys import KeyStore
from pipelines.finding import by_native_id
from pipelines.home import Home
from pipelines.purging import purge
from pipelines.releases import history
from pipelines.stages.rewrite import rewrite_without
from pipelines.tracing import trace_document

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _trace(home: Home, keys: KeyStore, given: str, *, text: bool = False) -> dict:
    (entry,) = trace_document(home, keys, given, with_text=text)
    return entry


def _released_id(home: Home, keys: KeyStore, native_id: str) -> str:
    return by_native_id(home, keys, native_id)[0].doc_id


def test_a_released_document_says_where_it_came_from_and_where_it_stands(released: Home, keys: KeyStore) -> None:
    entry = _trace(released, keys, "native-00005", text=True)
    assert (entry["source"], entry["item"], entry["state"]) == ("letters", "part.jsonl", "released")
    (place,) = entry["places"]
    shard = pq.read_table(released.corpus("test") / place["shard"])
    assert shard["doc_id"][place["row"]].as_py() == entry["doc_id"]
    assert shard["text"][place["row"]].as_py() == entry["text"]
    assert entry["decisions"][-1]["rule"] == "released@1" and entry["pulls"] == []


def test_text_is_given_only_when_it_is_asked_for(released: Home, keys: KeyStore) -> None:
    assert "text" not in _trace(released, keys, "native-00005")


def test_a_dropped_document_says_by_which_rule(released: Home, keys: KeyStore) -> None:
    entries = [_trace(released, keys, native) for native in ("native-00000", "copy")]
    (lost,) = [e for e in entries if e["state"] != "released"]
    assert lost["state"] == "dropped at deduplicate by exact_duplicate@1" and lost["places"] == []
    assert lost["decisions"][-1]["related"] in {e["doc_id"] for e in entries}


def test_nobody_is_found_under_an_unknown_id(released: Home, keys: KeyStore) -> None:
    assert trace_document(released, keys, "a" * 26, with_text=False) == []


def test_after_a_purge_the_release_still_speaks(released: Home, keys: KeyStore) -> None:
    doc_id = _released_id(released, keys, "native-00005")
    purge(released, keys, NOON.date(), everything=True)
    entry = _trace(released, keys, doc_id, text=True)
    assert (entry["source"], entry["state"]) == ("letters", "released")
    assert "native_id" not in entry and entry["text"].startswith("5번 문서는")


def test_who_was_handed_the_shard_is_named(released: Home, keys: KeyStore) -> None:
    (place,) = _trace(released, keys, "native-00005")["places"]
    subjects = ("account:t-1", "corpus:test", f"shard:{place['shard']}", "table:malmoi/pretrain/test")
    EventLog(released.events).append(Event(NOON, "team-a", "share.pull", subjects=subjects, documents=3))
    assert [p["recipient"] for p in _trace(released, keys, "native-00005")["pulls"]] == ["team-a"]
    (text_place,) = _trace(released, keys, "2.txt")["places"]
    assert text_place["shard"] != place["shard"] and _trace(released, keys, "2.txt")["pulls"] == []


@pytest.fixture
def rewritten(released: Home, keys: KeyStore) -> tuple[Home, str]:
    """A second release, without one document; another document of the same shard."""
    gone = _trace(released, keys, "native-00005")
    shard = pq.read_table(released.corpus("test") / gone["places"][0]["shard"])["doc_id"].to_pylist()
    assert rewrite_without(released, keys, "test", "E-1", [gone["doc_id"]], NOON) is not None
    return released, next(doc_id for doc_id in shard if doc_id != gone["doc_id"])


def test_places_come_oldest_first_and_the_text_from_a_shard_that_is_there(
    rewritten: tuple[Home, str], keys: KeyStore
) -> None:
    home, doc_id = rewritten
    entry = _trace(home, keys, doc_id, text=True)
    assert [p["release"] for p in entry["places"]] == [path.name for path in history(home, "test")]
    first, second = (home.corpus("test") / p["shard"] for p in entry["places"])
    assert not first.exists() and second.exists() and "문서는" in entry["text"]


def test_what_was_erased_from_the_release_says_so(rewritten: tuple[Home, str], keys: KeyStore) -> None:
    entry = _trace(rewritten[0], keys, "native-00005", text=True)
    assert entry["state"] == "dropped at erase by erasure@1" and entry["text"] is None


def test_a_document_that_a_later_release_left_out_is_not_called_released(released: Home, keys: KeyStore) -> None:
    doc_id = _released_id(released, keys, "2.txt")
    (other,) = by_native_id(released, keys, "native-00005")
    assert rewrite_without(released, keys, "test", "E-1", [other.doc_id], NOON) is not None
    head = history(released, "test")[-1]
    for path in (head / "index.parquet", *head.glob("ledger/decisions-texts.parquet")):
        table = pq.read_table(path)
        pq.write_table(table.filter([source != "texts" for source in table["source"].to_pylist()]), path)
    assert _trace(released, keys, doc_id)["state"] == "in an earlier release, no longer at the head"


def test_what_a_killed_run_left_is_no_place(released: Home, keys: KeyStore) -> None:
    (release,) = history(released, "test")
    shutil.copytree(release, Path(release.parent) / ("y" * 26))
    (Path(release.parent) / ("x" * 26)).mkdir()
    assert len(_trace(released, keys, "native-00005")["places"]) == 1
