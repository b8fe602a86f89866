"""Erasure: a document leaves every zone, stays out, and everyone who had it is named.

The order makes a crash harmless: the tombstone comes first, so that from then on nothing brings the document back,
and every later step can be done again. An erasure is named by what it is asked to erase, so repeating it continues it.

A document goes with its copies, whatever their source and terms, since they are the same text. A source goes alone:
whoever holds the same text under terms of its own keeps it, and the next run elects that copy in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from governance.audit import recipients_of
from governance.erasure import Tombstones
from governance.events import Event, EventLog
from governance.gates import Officer, erase, korean_day
from governance.keys import KeyStore
from governance.policy import Decision, Policies, default_policies
from governance.records.errors import NotFoundError
from governance.records.ids import content_name
from governance.records.schemas import STAGED
from governance.records.settings import nearest
from governance.records.storage import Location, remove_tree, write_bytes
from governance.restricted import read_restricted
from governance.sharing.settings import open_store
from governance.signing import STATEMENT_TYPE, open_envelope, sign_statement
from governance.store.sources import StateChange
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from pipelines.collecting import delete_garbage, garbage
from pipelines.discovering import close, open_discoveries
from pipelines.finding import StagedRow, by_doc_ids, of_source, staged_files
from pipelines.home import Home
from pipelines.identities import identities
from pipelines.locks import no_run
from pipelines.releases import corpora
from pipelines.stages.altered import write_staged
from pipelines.stages.blank import blank
from pipelines.stages.released import forget
from pipelines.stages.rewrite import Rewritten, rewrite_without
from pipelines.zones import zones

CERTIFICATE_PREDICATE = "https://malmoi.org/attestation/erasure/v1"
_NO_TEXT = b"\0" * 16  # stands for the text key of a source's tombstones; no keyed digest is all zeros
_DERIVED = ("judge", "group", "connect", "candidates", "verify", "deduplicate", "passages", "repeats", "index")


@dataclass(frozen=True)
class Order:
    """What is to be erased, on which ground, by whom.

    Attributes:
        doc_ids: what the erasure was asked for.
        source: all of which goes, or None.
        copies: documents with the same text, found on the way.
    """

    doc_ids: tuple[str, ...]
    source: str | None
    basis: str
    officer: Officer
    at: datetime
    copies: tuple[str, ...] = ()

    @property
    def everything(self) -> tuple[str, ...]:
        """Ids of all that goes."""
        return tuple(sorted({*self.doc_ids, *self.copies}))

    @property
    def name(self) -> str:
        """Id of the erasure: the same documents give the same one, so that an interrupted erasure is continued."""
        return f"E-{content_name(sorted(self.doc_ids))[:12]}"


@dataclass(frozen=True)
class Certificate:
    """What an erasure did. `recipients` are those who had been handed a shard with one of the documents."""

    erasure: str
    basis: str
    officer: str
    at: str
    documents: tuple[str, ...]
    staged_rows: int
    releases: tuple[dict[str, object], ...]
    queue_tasks: int
    recipients: dict[str, list[str]]


def known_ids(home: Home, keys: KeyStore, *, document: str | None, source: str | None) -> tuple[str, ...]:
    """Ids of one document, or of every document of a source.

    Raises:
        NotFoundError: nothing has this id or name.
    """
    if source is not None:
        ids = {row.doc_id for row in of_source(home, keys, source)} | set(identities(home).of_source(source))
    else:
        known = bool(by_doc_ids(home, keys, [str(document)])) or identities(home).has(str(document))
        ids = {str(document)} if known else set()
    if not ids:
        near = nearest(source, {zone.source for zone in zones(home)} - {""}) if source else "; `malmoi trace` finds ids"
        raise NotFoundError(f"no document of {source or document!r} is known in {home.root}{near}")
    return tuple(sorted(ids))


def carry_out(home: Home, keys: KeyStore, order: Order) -> Certificate:
    """Erases, and returns the certificate; it is also kept, signed, in the installation's state.

    Raises:
        RefusedError: the policies do not let this officer erase on this ground; nothing was changed.
        BusyError: a run works on a corpus; nothing was changed.
    """
    with no_run(home):
        decision = _decide(home, keys, order)
        order = _bury(home, keys, order)
        nulled = _blank_staged(keys, by_doc_ids(home, keys, order.everything))
        drop_derived(home)
        delete_garbage(home, list(garbage(home)))
        for corpus in corpora(home):
            forget(home, keys, corpus, order.everything)
        found = [rewrite_without(home, keys, c, order.name, order.everything, order.at) for c in corpora(home)]
        if order.source is not None:
            _close(home, order, order.source)
        purged = Queue(SqliteStore(home.queue)).purge(order.everything) if home.queue.exists() else 0
        certificate = _certify(home, keys, order, nulled, [r for r in found if r is not None], purged)
        _close_discoveries(home, keys, order)
        _record(home, order, decision)
    return certificate


def _close_discoveries(home: Home, keys: KeyStore, order: Order) -> None:
    """What was found in a document that is gone needs no more holding."""
    gone = set(order.everything)
    for found in open_discoveries(home, keys):
        if gone.issuperset(found.documents):
            close(home, keys, found, how="erased", at=order.at, by=order.officer.name)


def _decide(home: Home, keys: KeyStore, order: Order) -> Decision:
    """What the policies say; a refusal is recorded before it is raised."""
    rows = by_doc_ids(home, keys, order.doc_ids)
    sources = {row.zone.source for row in rows} | set(identities(home).sources_of(order.doc_ids))
    policies, day = Policies.load(default_policies()), korean_day(order.at)
    decisions = [erase(policies, order.officer, name, basis=order.basis, as_of=day) for name in sorted(sources)]
    decision = next((d for d in decisions if not d.allowed), decisions[0])
    if not decision.allowed:
        _record(home, order, decision)
    decision.require()
    return decision


def _record(home: Home, order: Order, decision: Decision) -> None:
    subjects = (f"erasure:{order.name}", *(f"doc:{doc_id}" for doc_id in order.everything[:1000]))
    event = Event(
        order.at,
        order.officer.name,
        "erase",
        subjects=subjects,
        documents=len(order.everything),
        policies=decision.policies,
        outcome="done" if decision.allowed else "refused",
    )
    EventLog(home.events).append(event)


def _bury(home: Home, keys: KeyStore, order: Order) -> Order:
    """Tombstones first: whatever happens after, the documents do not come back. Returns the order with the copies."""
    tombstones = Tombstones.load(home.tombstones, keys.secret("tombstone"))
    columns = ["native_key", "text_key", "signature"]
    read = [row.read(keys, [*columns, "text"]) for row in by_doc_ids(home, keys, order.doc_ids)]
    # A row that an interrupted erasure blanked has its tombstone already, and no signature to make one from.
    live = [{name: row[name] for name in columns} for row in read if row["text"] is not None]
    staged = pa.Table.from_pylist(live, schema=pa.schema([STAGED.field(name).with_nullable(True) for name in columns]))
    described = tombstones.describe(staged)
    whole = pa.concat_tables([described, identities(home).table(order.doc_ids).select(described.column_names)])
    if order.source is not None:
        whole = _by_id_alone(whole)
    tombstones = tombstones.add_known(home.tombstones, order.name, whole)
    return replace(order, copies=tuple(_copies(home, keys, tombstones.of(order.name))))


def _by_id_alone(known: pa.Table) -> pa.Table:
    """Tombstones that no text matches."""
    columns = {
        "text_key": pa.array([_NO_TEXT] * len(known), pa.binary(16)),
        "sketch": pa.array([b""] * len(known), pa.binary()),
    }
    return pa.table({"native_key": known["native_key"], **columns})


def _copies(home: Home, keys: KeyStore, tombstones: Tombstones) -> Iterator[str]:
    """Ids of every document, staged or purged, whose text is that of an erased one."""
    columns = ["doc_id", "native_key", "text_key", "signature"]
    for zone, path in staged_files(home):
        table = read_restricted(path, keys.secret(zone.key), columns=columns)
        yield from table["doc_id"].filter(pa.array(tombstones.matches(table))).to_pylist()
    rows = identities(home).rows
    yield from rows["doc_id"].filter(pa.array(tombstones.matches_known(rows))).to_pylist()


def _blank_staged(keys: KeyStore, rows: Sequence[StagedRow]) -> int:
    """Rewrites the staged files without the texts of these rows; row numbers stay as they are."""
    by_file: dict[Location, list[StagedRow]] = {}
    for row in rows:
        by_file.setdefault(row.path, []).append(row)
    for path, found in by_file.items():
        zone = found[0].zone
        table = read_restricted(path, keys.secret(zone.key))
        erased = np.zeros(table.num_rows, bool)
        erased[[row.row for row in found]] = True
        write_staged(path, blank(table, erased), zone, keys)
    return len(rows)


def drop_derived(home: Home) -> None:
    """Keys, edges and candidates derived from texts go; the next run makes them again from what is left."""
    for zone in zones(home):
        if not zone.source:
            for stage in _DERIVED:
                remove_tree(home.zone(zone.name) / stage)


def _close(home: Home, order: Order, source: str) -> None:
    """A source erased as a whole is shared and labelled no more, whatever a later run brings in."""
    store = open_store(home.root)
    for corpus in corpora(home):
        store.sources.set_state(StateChange(corpus, source, "erased", order.name), at=order.at, by=order.officer.name)


def _certify(
    home: Home, keys: KeyStore, order: Order, nulled: int, rewritten: Sequence[Rewritten], purged: int
) -> Certificate:
    shards = [shard for r in rewritten for shard in r.gone]
    certificate = Certificate(
        erasure=order.name,
        basis=order.basis,
        officer=order.officer.name,
        at=order.at.isoformat(timespec="seconds"),
        documents=order.everything,
        staged_rows=nulled,
        releases=tuple(r.record() for r in rewritten),
        queue_tasks=purged,
        recipients=recipients_of(EventLog(home.events), shards),
    )
    path = home.state / "erasures" / f"{order.name}.dsse.json"
    if path.exists():
        certificate = _with_earlier(path, keys, certificate)
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": order.name, "digest": {"malmoiDocuments": content_name(list(certificate.documents))}}],
        "predicateType": CERTIFICATE_PREDICATE,
        "predicate": asdict(certificate),
    }
    write_bytes(path, sign_statement(statement, keys.signer()), mode=0o600)
    return certificate


def _with_earlier(path: Path, keys: KeyStore, now: Certificate) -> Certificate:
    """What an interrupted attempt at the same erasure did, kept beside what this one did."""
    before = open_envelope(path.read_bytes(), keys.public_pem, path.name)["predicate"]
    releases = {json.dumps(r, sort_keys=True): r for r in [*before["releases"], *now.releases]}
    names = {*before["recipients"], *now.recipients}
    return replace(
        now,
        staged_rows=max(before["staged_rows"], now.staged_rows),
        releases=tuple(releases.values()),
        queue_tasks=before["queue_tasks"] + now.queue_tasks,
        recipients={n: sorted({*before["recipients"].get(n, []), *now.recipients.get(n, [])}) for n in sorted(names)},
    )
