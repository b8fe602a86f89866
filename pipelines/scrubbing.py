"""Scrubbing: what was discovered is destroyed where it stands, staged and released, and the shard is served again.

The same machinery as an erasure: a new version without the old file, a signed erratum, and the staged row rewritten,
so that no later run brings the value back. The value itself is read, destroyed and written down nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.events import Event, EventLog
from governance.gates import Officer, erase, korean_day
from governance.keys import KeyStore
from governance.policy import Decision, Policies, default_policies
from governance.records.errors import ConfigError, NotFoundError
from governance.records.schemas import CUT, DECISION, DOCUMENT, SENTENCE, SPAN
from governance.records.storage import readable
from governance.restricted import read_restricted
from governance.store.sources import StateChange
from pipelines.collecting import delete_garbage, garbage
from pipelines.discovering import FIELDS, Discovery, close, released_field, set_state
from pipelines.erasing import drop_derived
from pipelines.finding import by_doc_ids
from pipelines.home import Home
from pipelines.known import KnownValues
from pipelines.locks import no_run
from pipelines.pii.aligning import after_cuts
from pipelines.releases import corpora
from pipelines.stages.altered import measured, put, write_staged
from pipelines.stages.rewrite import Rewrite, Rewritten
from transforms.pii.actions import PLACEHOLDERS
from transforms.pii.kinds import PIPA_CLASS, Kind, PipaClass

RULE = "discovery@1"
Staged = dict[tuple[str, str, str], str]  # source, doc_id and field to what was staged; held, and written nowhere
_LEAST = 2  # code points: a single sign would be destroyed in every word


@dataclass(frozen=True)
class Scrubbed:
    """What was rewritten."""

    discovery: str
    documents: tuple[str, ...]
    staged_rows: int
    releases: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class _Value:
    """What is destroyed, wherever it stands in the documents. It is in no repr."""

    text: str
    kind: Kind

    def __repr__(self) -> str:
        return f"_Value({self.kind})"

    @property
    def instead(self) -> str:
        return PLACEHOLDERS[self.kind]


def scrub(home: Home, keys: KeyStore, found: Discovery, *, basis: str, officer: Officer, at: datetime) -> Scrubbed:
    """Destroys a discovered value in its document and the copies of it, in every zone, and closes the discovery.

    Raises:
        RefusedError: the policies do not let this officer do it on this ground; nothing was changed.
        ConfigError: the discovery has no span, or a kind that is none of ours.
        NotFoundError: the document is in no release any more.
        BusyError: a run works on a corpus; nothing was changed.
    """
    with no_run(home):
        decision = _decide(home, found, basis, officer, at)
        value = _value(home, found)
        staged, texts = _scrub_staged(home, keys, found, value) if value else (0, {})
        drop_derived(home)
        delete_garbage(home, list(garbage(home)))
        made = [_Scrub(home, keys, corpus, (found, value, texts)).run(at) for corpus in corpora(home)]
        done = [one for one in made if one is not None]
        for one in done:
            _bury(home, found, one, at)
        close(home, keys, found, how="rewritten", at=at, by=officer.name)
        _record(home, found, decision, officer, at)
    return Scrubbed(found.name, found.documents, staged, tuple(one.record() for one in done))


def _decide(home: Home, found: Discovery, basis: str, officer: Officer, at: datetime) -> Decision:
    """The erasure gate: what is destroyed is a part of a document."""
    sources = {found.place[1].split("/")[1]} if found.place else {"unknown"}
    policies = Policies.load(default_policies())
    decisions = [erase(policies, officer, source, basis=basis, as_of=korean_day(at)) for source in sorted(sources)]
    decision = next((d for d in decisions if not d.allowed), decisions[0])
    if not decision.allowed:
        _record(home, found, decision, officer, at)
    return decision.require()


def _record(home: Home, found: Discovery, decision: Decision, officer: Officer, at: datetime) -> None:
    subjects = (f"erasure:{found.name}", *(f"doc:{doc_id}" for doc_id in found.documents))
    outcome = "done" if decision.allowed else "refused"
    count, policies = len(found.documents), decision.policies
    event = Event(
        at, officer.name, "shard.rewrite", subjects=subjects, documents=count, policies=policies, outcome=outcome
    )
    EventLog(home.events).append(event)


def _value(home: Home, found: Discovery) -> _Value | None:
    """What is to be destroyed; None where an interrupted attempt has rewritten its shard already."""
    if found.span is None or found.place is None:
        raise ConfigError(f"{found.name}: names no span; find it again with --span, or erase the document")
    if found.kind not in list(Kind):
        raise ConfigError(f"{found.name}: {found.kind!r} is no kind of ours; find it again with --kind")
    corpus, path, _ = found.place
    if not (home.corpus(corpus) / path).exists():
        if (home.corpus(corpus) / scrubbed_path(path, found.name)).exists():
            return None
        raise NotFoundError(f"{found.name}: its shard was rewritten since; find it again")
    start, end = found.span
    value = _Value(released_field(home, found.place, found.field)[start:end], Kind(found.kind))
    if len(value.text) < _LEAST:
        raise ConfigError(f"{found.name}: a span of fewer than {_LEAST} code points would be destroyed in every word")
    return value


def _scrub_staged(home: Home, keys: KeyStore, found: Discovery, value: _Value) -> tuple[int, Staged]:
    """Rewrites the staged files; row numbers stay as they are. Returns the rows, and what was staged."""
    texts: Staged = {}
    rows = by_doc_ids(home, keys, found.documents)
    for path in sorted({row.path for row in rows}):
        zone = next(row.zone for row in rows if row.path == path)
        table = read_restricted(path, keys.secret(zone.key))
        mine = pc.is_in(table["doc_id"], value_set=pa.array(found.documents, pa.string()))
        for row in table.filter(mine).select(["doc_id", *FIELDS]).to_pylist():
            for name in FIELDS:
                texts[zone.source, row["doc_id"], name] = row[name] or ""
        known = KnownValues.load(home.known_values, keys.secret("tombstone"))
        known.add(home.known_values, table.filter(mine)["native_key"].to_pylist(), value.kind, value.text)
        table = _without(table, mine, value, FIELDS)
        if PIPA_CLASS[value.kind] is PipaClass.UNIQUE_ID:
            table = _counted(table, "destroyed", mine, value.kind)
        write_staged(path, table, zone, keys)
    return len(rows), texts


def _without(table: pa.Table, mine: pa.ChunkedArray, value: _Value, fields: Sequence[str]) -> pa.Table:
    """The table with the value replaced in these rows; lengths follow."""
    for name in fields:
        cleared = pc.replace_substring(table[name], value.text, value.instead)
        table = put(table, name, pc.if_else(mine, cleared, table[name]))
    return measured(table)


def _counted(table: pa.Table, name: str, mine: pa.ChunkedArray, kind: Kind) -> pa.Table:
    """The table with one more of a kind in the counts of these rows."""
    counts = [
        _one_more(entries, kind.value) if hit else entries
        for entries, hit in zip(table[name].to_pylist(), mine.to_pylist(), strict=True)
    ]
    return put(table, name, pa.chunked_array([pa.array(counts, table.schema.field(name).type)]))


def _one_more(entries: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    counts = {entry["kind"]: entry["count"] for entry in entries}
    counts[kind] = counts.get(kind, 0) + 1
    return [{"kind": name, "count": counts[name]} for name in sorted(counts)]


def scrubbed_path(path: str, discovery: str) -> str:
    """Where the rewriting of a shard lies. What names the content changes, since the rows do and the keep-set does
    not: the next run writes the shard anew from the staged rows, which are rewritten too, and never over this file."""
    directory, _, name = path.rpartition("/")
    return f"{directory}/{discovery}-{name.split('.')[0]}.parquet"


class _Scrub(Rewrite):
    """A release in which the documents stay, without the value."""

    def __init__(self, home: Home, keys: KeyStore, corpus: str, what: tuple[Discovery, _Value | None, Staged]) -> None:
        self.found, value, self.staged = what
        found = self.found
        super().__init__(home, keys, corpus, found.name, found.documents)
        # Without a value the head is rewritten already, and only what is left of the old files goes.
        self.value = value or _Value("", Kind(found.kind))

    def path_of(self, path: str) -> str:
        return scrubbed_path(path, self.erasure)

    def changed(self, table: pa.Table) -> pa.Table:
        mine = pc.is_in(table["doc_id"], value_set=self.ids)
        table = _without(table, mine, self.value, FIELDS)
        pii = table["pii"].combine_chunks()
        counts = pa.table({"counts": pc.struct_field(pii, "counts")})
        counted = _counted(counts, "counts", mine, self.value.kind)["counts"].combine_chunks()
        joined = pa.StructArray.from_arrays(
            [pc.struct_field(pii, "level"), counted], fields=list(DOCUMENT.field("pii").type)
        )
        return put(table, "pii", pa.chunked_array([joined]))

    def decisions(self, table: pa.Table) -> pa.Table:
        marked = self.entries(table, stage="protect", rule=RULE, outcome="marked")
        return pa.concat_tables([table.cast(DECISION), marked])

    def spans(self, table: pa.Table, source: str) -> pa.Table:
        """Spans behind the value move with the staged text; what was discovered is a span of its own."""
        places = self._found_at(source)
        rows = [self._moved(row, places.get((row["doc_id"], row["field"]), ())) for row in table.to_pylist()]
        rows += [
            self._span(doc_id, name, start + number * self.delta)
            for (doc_id, name), starts in sorted(places.items())
            for number, start in enumerate(starts)
        ]
        return pa.Table.from_pylist(rows, schema=SPAN)

    def sentences(self, table: pa.Table, source: str) -> pa.Table:
        """Sentences move as spans do; what is destroyed in one may make it longer or shorter."""
        places = self._found_at(source)
        rows = [self._moved(row, places.get((row["doc_id"], row["field"]), ())) for row in table.to_pylist()]
        return pa.Table.from_pylist(rows, schema=SENTENCE)

    def _found_at(self, source: str) -> dict[tuple[str, str], list[int]]:
        """doc_id and field to where the value stood, counted as spans are."""
        cuts = self._cuts(source)
        return {
            (doc_id, name): self._places(after_cuts(text, cuts.get(doc_id, ()) if name == "text" else ()))
            for (its_source, doc_id, name), text in self.staged.items()
            if its_source == source
        }

    def cuts(self, table: pa.Table, source: str) -> pa.Table:
        """Places in the staged text, which became longer or shorter."""
        rows = [
            self._moved(row, self._places(self.staged.get((source, row["doc_id"], "text"), "")))
            for row in table.to_pylist()
        ]
        return pa.Table.from_pylist(rows, schema=CUT)

    @property
    def delta(self) -> int:
        """Code points that a text grows by where the value is replaced."""
        return len(self.value.instead) - len(self.value.text)

    def _cuts(self, source: str) -> dict[str, list[tuple[int, int]]]:
        path, found = self.base / "ledger" / f"cuts-{source}.parquet", dict[str, list[tuple[int, int]]]()
        for row in pq.read_table(readable(path)).to_pylist() if path.exists() else ():
            found.setdefault(row["doc_id"], []).append((row["start"], row["end"]))
        return found

    def _places(self, text: str) -> list[int]:
        return [match.start() for match in re.finditer(re.escape(self.value.text), text)] if self.value.text else []

    def _moved(self, row: dict[str, Any], starts: Sequence[int]) -> dict[str, Any]:
        """A span or a cut moved by what changed before its start, and before its end."""
        begins, ends = (sum(start < row[side] for start in starts) * self.delta for side in ("start", "end"))
        return row | {"start": row["start"] + begins, "end": row["end"] + ends}

    def _span(self, doc_id: str, name: str, start: int) -> dict[str, Any]:
        what = {"kind": self.value.kind.value, "score": 1000, "recogniser": RULE, "action": "destroy"}
        return {"doc_id": doc_id, "field": name, "start": start, "end": start + len(self.value.instead), **what}

    def clusters(self, table: pa.Table) -> pa.Table:
        return table


def _bury(home: Home, found: Discovery, done: Rewritten, at: datetime) -> None:
    """The files that held the value are gone, and so that no state of theirs is ever lifted they are called erased."""
    for path in done.gone:
        source = path.split("/")[1]
        if not (home.corpus(done.corpus) / path).exists():
            set_state(home, StateChange(done.corpus, source, "erased", found.name, path), at, found.by)
