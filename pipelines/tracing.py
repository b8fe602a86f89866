"""Tracing a document through everything that is written down about it."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from governance.audit import pulls
from governance.events import EventLog
from governance.keys import KeyStore
from governance.records.storage import readable
from pipelines.discovering import quarantined
from pipelines.finding import StagedRow, by_doc_ids, by_native_id
from pipelines.home import Home
from pipelines.releases import corpora, decisions, history, index_rows

_WHERE = ["native_id", "offset", "length", "text"]


def trace_document(home: Home, keys: KeyStore, given: str, *, with_text: bool) -> list[dict[str, Any]]:
    """One entry for each document that `given` (a doc_id, or a native id) names.

    Each has: doc_id, source, item, native_id, offset, state, decisions, places, pulls; and with `with_text` the
    released text, which is protected.
    """
    rows = by_doc_ids(home, keys, [given]) or by_native_id(home, keys, given)
    by_id: dict[str, StagedRow | None] = {row.doc_id: row for row in rows}
    if not by_id and _released(home, given):
        by_id = {given: None}  # the restricted zone was purged; the release still speaks
    return [_entry(home, keys, doc_id, row, with_text) for doc_id, row in sorted(by_id.items())]


def _released(home: Home, doc_id: str) -> list[dict[str, Any]]:
    """Shard and row in every release that has or had the document, and whether the shard is held back."""
    places = []
    for corpus in corpora(home):
        held = quarantined(home, corpus)
        for directory in history(home, corpus):
            rows = index_rows(directory, doc_id)
            places += [
                {"corpus": corpus, "release": directory.name, **row, "quarantined": row["shard"] in held}
                for row in rows
            ]
    return places


def _entry(home: Home, keys: KeyStore, doc_id: str, row: StagedRow | None, with_text: bool) -> dict[str, Any]:
    places = _released(home, doc_id)
    found = _decisions(home, doc_id)
    shards = {place["shard"] for place in places}
    entry = {
        "doc_id": doc_id,
        "source": row.zone.source if row else next((p["source"] for p in places), None),
        "decisions": found,
        "places": places,
        "pulls": [p for p in pulls(EventLog(home.events)).to_pylist() if p["shard"] in shards],
        "state": _state(home, places, found),
    }
    if row is not None:
        where = row.read(keys, _WHERE)
        entry |= {"item": row.item(home, keys).name, "native_id": where["native_id"], "offset": where["offset"]}
        if where["text"] is None:
            entry["state"] = "erased"
    if with_text and places:
        entry["text"] = _text(home, places)
    return entry


def _state(home: Home, places: list[dict[str, Any]], found: list[dict[str, Any]]) -> str:
    heads = {history(home, corpus)[-1].name for corpus in corpora(home)}
    if any(place["release"] in heads for place in places):
        held = any(place["quarantined"] for place in places if place["release"] in heads)
        return "released, and quarantined: personal data were found in its shard" if held else "released"
    last = found[-1] if found else None
    if last is not None and last["outcome"] != "kept":
        return f"{last['outcome']} at {last['stage']} by {last['rule']}"
    return "in an earlier release, no longer at the head" if places else "staged, in no release"


def _decisions(home: Home, doc_id: str) -> list[dict[str, Any]]:
    found = []
    for corpus in corpora(home):
        for directory in history(home, corpus):
            rows = decisions(directory, [doc_id]).to_pylist()
            # A document marked in deduplication is kept at the end: the order of the stages is the order to read in.
            order = {stage: n for n, stage in enumerate(("judge", "deduplicate", "protect", "publish", "erase"))}
            found += [{"release": directory.name, **r} for r in sorted(rows, key=lambda r: order.get(r["stage"], 9))]
    return found


def _text(home: Home, places: list[dict[str, Any]]) -> str | None:
    """From the latest of the shards that is still there."""
    for place in reversed(places):
        path = home.corpus(place["corpus"]) / place["shard"]
        if path.exists():
            return pq.read_table(readable(path), columns=["text"])["text"][place["row"]].as_py()
    return None
