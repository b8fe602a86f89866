"""Discoveries: personal information found in what was released stops its shards at once, and stays stopped.

A discovery is a signed statement in the installation's state, open until its document was rewritten or erased, or an
officer cleared the shard. While it is open no shard that holds its document is served, whichever run made it.

Source: PIPA art. 28-5(2): whoever comes upon identifying information stops processing it and recovers or destroys it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.audit import recipients_of
from governance.events import Event, EventLog
from governance.keys import KeyStore
from governance.records.errors import ConfigError, NotFoundError
from governance.records.ids import content_name
from governance.records.storage import readable, write_bytes
from governance.sharing.settings import STORE_VARIABLE, open_store
from governance.signing import STATEMENT_TYPE, open_envelope, sign_statement
from governance.store.sources import StateChange
from pipelines.home import Home
from pipelines.releases import corpora, history, index_rows

PREDICATE = "https://malmoi.org/attestation/discovery/v1"
CLOSED_PREDICATE = "https://malmoi.org/attestation/discovery-closed/v1"
Held = tuple[str, str, Sequence[str]]  # source and path of a shard, and its doc_ids
FOUND, CLEARED = "shard.quarantine", "shard.clear"
FIELDS = ("text", "title", "url", "author")
_CLOSED = ".closed"


@dataclass(frozen=True)
class Discovery:
    """What was found where; never the value.

    Attributes:
        span: half-open code points of the released field, or None where only the document is known.
        copies: documents with the same text under other terms, found on the way.
        place: corpus, shard and row that the span was read in, found on the way.
    """

    doc_id: str
    kind: str
    at: datetime
    by: str
    field: str = "text"
    span: tuple[int, int] | None = None
    copies: tuple[str, ...] = ()
    place: tuple[str, str, int] | None = None

    @property
    def name(self) -> str:
        """Id of the discovery: finding the same again gives the same one."""
        return f"D-{content_name([self.doc_id, self.kind, self.field, self.span])[:12]}"

    @property
    def documents(self) -> tuple[str, ...]:
        """Every document that it is about."""
        return (self.doc_id, *self.copies)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Discovery:
        """From a verified statement's predicate."""
        span = tuple(said["span"]) if said["span"] else None
        at = datetime.fromisoformat(said["at"])
        place = tuple(said["place"]) if said["place"] else None
        return cls(said["doc_id"], said["kind"], at, said["by"], said["field"], span, tuple(said["copies"]), place)


@dataclass(frozen=True)
class Stopped:
    """What a discovery did: shards (corpus and path) that are served no more, and who was handed one of them."""

    discovery: Discovery
    shards: tuple[tuple[str, str], ...]
    recipients: dict[str, list[str]]

    def record(self) -> dict[str, Any]:
        """JSON-ready value, as it is signed."""
        said = asdict(self.discovery) | {"at": self.discovery.at.isoformat(timespec="seconds")}
        return said | {
            "discovery": self.discovery.name,
            "shards": [{"corpus": corpus, "shard": path} for corpus, path in self.shards],
            "recipients": self.recipients,
        }


def discover(home: Home, keys: KeyStore, found: Discovery) -> Stopped:
    """Quarantines every shard that holds the document or a copy of it, signs the discovery, and says who has them.

    It waits for no run: a run under way that writes such a shard anew finds the discovery before it publishes.
    """
    mine = list(_places(home, found.doc_id))
    here = (mine[-1][0], mine[-1][2], mine[-1][3]) if mine else None
    found = replace(found, copies=tuple(sorted(copies_of(home, found.doc_id) - {found.doc_id})), place=here)
    places = sorted({place[:3] for doc_id in found.documents for place in _places(home, doc_id)})
    stopped = Stopped(
        found,
        tuple((corpus, path) for corpus, _, path in places),
        recipients_of(EventLog(home.events), [path for _, _, path in places]),
    )
    # The statement first: whatever stops this process, the discovery is open and the next run obeys it.
    _sign(home, keys, found.name, PREDICATE, stopped.record())
    for corpus, source, path in places:
        set_state(home, StateChange(corpus, source, "quarantined", f"finding:{found.kind}", path), found.at, found.by)
    _log(home, found.at, found.by, FOUND, stopped.shards, found.documents)
    return stopped


def require_span(home: Home, found: Discovery) -> None:
    """Refuses a document that no release holds, and a span that does not lie in the released field.

    Raises:
        NotFoundError: the document is in no release.
        ConfigError: the span does not; says how long the field is.
    """
    places = list(_places(home, found.doc_id))
    if not places:
        raise NotFoundError(f"document {found.doc_id} is in no release; `malmoi trace` says what became of it")
    if found.field not in FIELDS:
        raise ConfigError(f"field {found.field!r}: {', '.join(FIELDS)}")
    corpus, _, path, row = places[-1]
    length = len(released_field(home, (corpus, path, row), found.field))
    if found.span is not None and not 0 <= found.span[0] < found.span[1] <= length:
        raise ConfigError(f"span {found.span[0]}:{found.span[1]}: the released {found.field} has {length} code points")


def released_field(home: Home, place: tuple[str, str, int], name: str) -> str:
    """A field of a released row, empty where it has none."""
    corpus, path, row = place
    return pq.read_table(readable(home.corpus(corpus) / path), columns=[name])[name][row].as_py() or ""


def copies_of(home: Home, doc_id: str) -> set[str]:
    """Documents of the same cluster of duplicates, in any release."""
    members: set[str] = set()
    for corpus in corpora(home):
        for directory in history(home, corpus):
            table = pq.read_table(readable(directory / "clusters.parquet"), columns=["doc_id", "survivor_id"])
            mine = table.filter(pc.equal(table["doc_id"], doc_id))["survivor_id"].unique()
            members |= set(table.filter(pc.is_in(table["survivor_id"], mine))["doc_id"].to_pylist())
    return members


def _places(home: Home, doc_id: str) -> Iterator[tuple[str, str, str, int]]:
    """Corpus, source, path and row wherever a document stands in a shard that is still there, the oldest first."""
    for corpus in corpora(home):
        for directory in history(home, corpus):
            for row in index_rows(directory, doc_id):
                if (home.corpus(corpus) / str(row["shard"])).exists():
                    yield corpus, str(row["source"]), str(row["shard"]), int(str(row["row"]))


def open_discoveries(home: Home, keys: KeyStore) -> list[Discovery]:
    """Discoveries that were neither rewritten, erased nor cleared.

    Raises:
        IntegrityError: a statement was altered.
    """
    return [Discovery.of(said) for said in _open(home, keys)]


def _open(home: Home, keys: KeyStore) -> Iterator[dict[str, Any]]:
    for path in sorted((home.state / "discoveries").glob("D-*.dsse.json")):
        name = path.name.removesuffix(".dsse.json")
        if not name.endswith(_CLOSED) and not path.with_name(f"{name}{_CLOSED}.dsse.json").exists():
            yield open_envelope(path.read_bytes(), keys.public_pem, path.name)["predicate"]


def find_discovery(home: Home, keys: KeyStore, name: str) -> Discovery:
    """The open discovery of this id.

    Raises:
        NotFoundError: none; says which are open.
    """
    known = open_discoveries(home, keys)
    match = next((found for found in known if found.name == name), None)
    if match is None:
        raise NotFoundError(f"no open discovery {name!r}; open: {', '.join(d.name for d in known) or 'none'}")
    return match


def close(home: Home, keys: KeyStore, found: Discovery, *, how: str, at: datetime, by: str) -> None:
    """Signs that a discovery is dealt with: rewritten, erased, or cleared."""
    said = {"discovery": found.name, "how": how, "at": at.isoformat(timespec="seconds"), "by": by}
    _sign(home, keys, f"{found.name}{_CLOSED}", CLOSED_PREDICATE, said)


def clear(home: Home, keys: KeyStore, shard: str, *, basis: str, at: datetime, by: str) -> list[str]:
    """Serves a quarantined shard again: the finding was none. Returns the discoveries that this closes.

    Raises:
        NotFoundError: no shard of this path is quarantined.
    """
    store = open_store(home.root)
    held = [
        (corpus, source)
        for corpus in corpora(home)
        for (source, path), state in store.sources.states(corpus).items()
        if path == shard and state == "quarantined"
    ]
    if not held:
        raise NotFoundError(f"{shard}: not quarantined; `malmoi pii found` lists what is")
    closed = [Discovery.of(s) for s in _open(home, keys) if any(place["shard"] == shard for place in s["shards"])]
    for found in closed:
        close(home, keys, found, how=f"cleared: {basis}", at=at, by=by)
    for corpus, source in held:
        set_state(home, StateChange(corpus, source, "active", f"cleared: {basis}", shard), at, by)
    _log(home, at, by, CLEARED, [(corpus, shard) for corpus, _ in held], [d.doc_id for d in closed])
    return [found.name for found in closed]


def hold(home: Home, keys: KeyStore, corpus: str, held: Iterable[Held], at: datetime) -> int:
    """Before a commit: new shards that hold a document of an open discovery are not served.

    Returns how many were stopped.
    """
    about = {doc_id: found for found in open_discoveries(home, keys) for doc_id in found.documents}
    stopped = 0
    for source, path, doc_ids in held if about else ():
        found = next((about[doc_id] for doc_id in doc_ids if doc_id in about), None)
        if found is not None:
            set_state(home, StateChange(corpus, source, "quarantined", f"finding:{found.kind}", path), at, found.by)
            stopped += 1
    return stopped


def quarantined(home: Home, corpus: str) -> dict[str, str]:
    """Paths of a corpus's shards that are not served, with their state."""
    if STORE_VARIABLE not in os.environ and not (home.state / "sharing.sqlite").exists():
        return {}  # nothing was ever stopped; a reader makes no store
    states = open_store(home.root).sources.states(corpus)
    return {path: state for (_, path), state in states.items() if path and state == "quarantined"}


def set_state(home: Home, change: StateChange, at: datetime, by: str) -> None:
    """Sets the state of a shard in the sharing store; reads obey it from the next request on."""
    open_store(home.root).sources.set_state(change, at=at, by=by)


def _sign(home: Home, keys: KeyStore, name: str, predicate: str, said: dict[str, Any]) -> None:
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"malmoiDiscovery": content_name(said)}}],
        "predicateType": predicate,
        "predicate": said,
    }
    write_bytes(home.state / "discoveries" / f"{name}.dsse.json", sign_statement(statement, keys.signer()), mode=0o600)


def _log(
    home: Home, at: datetime, by: str, action: str, shards: Sequence[tuple[str, str]], doc_ids: Sequence[str]
) -> None:
    corpora_ = dict.fromkeys(f"corpus:{corpus}" for corpus, _ in shards)
    subjects = (*(f"shard:{path}" for _, path in shards), *(f"doc:{doc_id}" for doc_id in doc_ids), *corpora_)
    event = Event(at, by, action, subjects=subjects, documents=len(doc_ids))
    EventLog(home.events).append(event)
