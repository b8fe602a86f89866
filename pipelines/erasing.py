"""Erasure: a document leaves every zone, stays out, and everyone who had it is named.

The order makes a crash harmless: the tombstone comes first, so that from then on nothing brings the document back,
and every later step can be done again. An erasure is named by what it erases, so repeating it continues it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.audit import recipients_of
from governance.erasure import Tombstones
from governance.events import Event, EventLog
from governance.gates import Officer, erase, korean_day
from governance.keys import KeyStore
from governance.policy import Policies, default_policies
from governance.records.errors import NotFoundError
from governance.records.ids import content_name
from governance.records.schemas import STAGED
from governance.records.storage import exclusive, write_bytes
from governance.restricted import read_restricted, write_restricted
from governance.sharing.settings import open_store
from governance.signing import STATEMENT_TYPE, open_envelope, sign_statement
from governance.store.sources import StateChange
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from pipelines.finding import StagedRow, by_doc_ids, of_source
from pipelines.home import Home
from pipelines.identities import identities
from pipelines.releases import corpora
from pipelines.stages.rewrite import Rewritten, rewrite_without
from pipelines.zones import zones

CERTIFICATE_PREDICATE = "https://malmoi.org/attestation/erasure/v1"
_ERASED = ("text", "title", "url", "author")
_DERIVED = ("judge", "group", "connect", "candidates", "verify", "deduplicate", "index")


@dataclass(frozen=True)
class Order:
    """What is to be erased, on which ground, by whom."""

    doc_ids: tuple[str, ...]
    source: str | None  # all of which goes, or None
    basis: str
    officer: Officer
    at: datetime

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
        raise NotFoundError(f"no document of {source or document!r} is known in {home.root}; `malmoi trace` finds ids")
    return tuple(sorted(ids))


def carry_out(home: Home, keys: KeyStore, order: Order) -> Certificate:
    """Erases, and returns the certificate; it is also kept, signed, in the installation's state.

    Raises:
        RefusedError: the policies do not let this officer erase on this ground.
        BusyError: a run works on a corpus.
    """
    rows = by_doc_ids(home, keys, order.doc_ids)
    sources = sorted({row.zone.source for row in rows} | set(identities(home).sources_of(order.doc_ids)))
    policies = Policies.load(default_policies())
    for source in sources:
        erase(policies, order.officer, source, basis=order.basis, as_of=korean_day(order.at)).require()
    _bury(home, keys, order, rows)
    nulled = _null_staged(keys, rows)
    _drop_derived(home)
    rewritten = [_rewrite(home, keys, order, corpus) for corpus in corpora(home)]
    if order.source is not None:
        _close(home, order, order.source)
    purged = Queue(SqliteStore(home.queue)).purge(order.doc_ids) if home.queue.exists() else 0
    return _certify(home, keys, order, nulled, [r for r in rewritten if r is not None], purged)


def _bury(home: Home, keys: KeyStore, order: Order, rows: Sequence[StagedRow]) -> None:
    """Tombstones first: whatever happens after, the documents do not come back."""
    tombstones = Tombstones.load(home.tombstones, keys.secret("tombstone"))
    columns = ["native_key", "text_key", "signature"]
    read = [row.read(keys, [*columns, "text"]) for row in rows]
    # A row that an interrupted erasure nulled has its tombstone already, and no signature to make one from.
    live = [{name: row[name] for name in columns} for row in read if row["text"] is not None]
    schema = pa.schema([STAGED.field(name) for name in columns])
    tombstones = tombstones.add(home.tombstones, order.name, pa.Table.from_pylist(live, schema=schema))
    tombstones.add_known(home.tombstones, order.name, identities(home).table(order.doc_ids))


def _null_staged(keys: KeyStore, rows: Sequence[StagedRow]) -> int:
    """Rewrites the staged files without the texts of these rows; row numbers stay as they are."""
    by_file: dict[Path, list[StagedRow]] = {}
    for row in rows:
        by_file.setdefault(row.path, []).append(row)
    for path, found in by_file.items():
        key = keys.secret(found[0].zone.key)
        table = read_restricted(path, key)
        erased = np.zeros(table.num_rows, bool)
        erased[[row.row for row in found]] = True
        write_restricted(path, iter(_without(table, erased).to_batches()), key, keys.key_id(found[0].zone.key), STAGED)
    return len(rows)


def _without(table: pa.Table, erased: np.ndarray) -> pa.Table:
    mask = pa.array(erased)
    blank = {"native_id": "", "bytes": 0, "chars": 0}
    for name in (*_ERASED, *blank):
        field = table.schema.field(name)
        value = pa.scalar(blank.get(name), field.type)
        table = table.set_column(table.schema.get_field_index(name), field, pc.if_else(mask, value, table[name]))
    signature = table["signature"].to_pylist()
    wiped = [b"\0" * len(s) if gone else s for s, gone in zip(signature, erased, strict=True)]
    at = table.schema.get_field_index("signature")
    return table.set_column(at, table.schema.field("signature"), pa.array(wiped, pa.binary())).cast(STAGED)


def _drop_derived(home: Home) -> None:
    """Keys, edges and candidates derived from texts go; the next run makes them again from what is left."""
    for zone in zones(home):
        if not zone.source:
            for stage in _DERIVED:
                shutil.rmtree(home.zone(zone.name) / stage, ignore_errors=True)


def _close(home: Home, order: Order, source: str) -> None:
    """A source erased as a whole is shared and labelled no more, whatever a later run brings in."""
    store = open_store(home.root)
    for corpus in corpora(home):
        store.sources.set_state(StateChange(corpus, source, "erased", order.name), at=order.at, by=order.officer.name)


def _rewrite(home: Home, keys: KeyStore, order: Order, corpus: str) -> Rewritten | None:
    with exclusive(home.state / "locks" / f"{corpus}.lock", f"corpus {corpus}"):
        return rewrite_without(home, keys, corpus, order.name, order.doc_ids, order.at)


def _certify(
    home: Home, keys: KeyStore, order: Order, nulled: int, rewritten: Sequence[Rewritten], purged: int
) -> Certificate:
    log = EventLog(home.events)
    shards = [shard for r in rewritten for shard in r.gone]
    certificate = Certificate(
        erasure=order.name,
        basis=order.basis,
        officer=order.officer.name,
        at=order.at.isoformat(timespec="seconds"),
        documents=tuple(sorted(order.doc_ids)),
        staged_rows=nulled,
        releases=tuple(r.record() for r in rewritten),
        queue_tasks=purged,
        recipients=recipients_of(log, shards),
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
    subjects = (f"erasure:{order.name}", *(f"doc:{doc_id}" for doc_id in certificate.documents[:1000]))
    log.append(Event(order.at, order.officer.name, "erase", subjects=subjects, documents=len(certificate.documents)))
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
