"""Snapshot: list a source once, sign the listing, and use it from then on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from connectors.base import Item, open_connector
from connectors.catalogue import SourceSpec
from governance.keys import KeyStore
from governance.records.ids import base32, canonical_json, keyed_digest
from governance.records.storage import write_bytes
from governance.restricted import read_restricted, write_restricted
from governance.signing import sign_statement
from pipelines.home import Home
from pipelines.plan import SnapshotPlan
from pipelines.zones import Zone, declare_zone, usable_zone

ITEMS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("digest", pa.string(), nullable=False),
        pa.field("modified", pa.int64(), nullable=False),
    ]
)
PREDICATE = "https://malmoi.org/attestation/snapshot/v1"


@dataclass(frozen=True)
class Clock:
    """The instant a run started, as text and as days from it; results never depend on it."""

    today: str
    expires: str

    @classmethod
    def of(cls, now: datetime, days: int) -> Clock:
        """From an aware datetime and the zone's lifetime in days."""
        return cls(now.date().isoformat(), (now + timedelta(days=days)).date().isoformat())


def take_snapshot(spec: SourceSpec, home: Home, keys: KeyStore, clock: Clock) -> SnapshotPlan:
    """Lists the source and keeps the listing, encrypted and signed; an equal listing is kept as it first was.

    The name is keyed: an unkeyed digest of a one-file source would confirm a guess of its text.
    """
    items = sorted(open_connector(spec).list(), key=lambda item: item.name)
    body = canonical_json([[i.name, i.size, i.digest] for i in items])
    name = base32(keyed_digest(keys.secret("snapshot"), spec.name.encode(), body))
    zone = usable_zone(f"{spec.name}-{name[:12]}", keys)
    plan = SnapshotPlan(name=name, zone=zone, items=len(items), bytes=sum(i.size for i in items))
    if not (home.zone(zone) / "snapshot.dsse.json").exists():
        declare_zone(home, Zone(zone, source=spec.name, created=clock.today, expires=clock.expires))
        _keep(plan, spec, items, home, keys)
    return plan


def _keep(plan: SnapshotPlan, spec: SourceSpec, items: list[Item], home: Home, keys: KeyStore) -> None:
    table = pa.Table.from_pylist(
        [{"name": i.name, "size": i.size, "digest": i.digest, "modified": i.modified} for i in items], schema=ITEMS
    )
    key = f"zone/{plan.zone}"
    path = home.zone(plan.zone) / "snapshot.parquet"
    write_restricted(path, iter(table.to_batches()), keys.secret(key), keys.key_id(key), ITEMS)
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": spec.name, "digest": {"malmoiSnapshot": plan.name}}],
        "predicateType": PREDICATE,
        "predicate": {"items": plan.items, "bytes": plan.bytes, "zone": plan.zone},
    }
    write_bytes(home.zone(plan.zone) / "snapshot.dsse.json", sign_statement(statement, keys.signer()))


def load_items(zone: str, home: Home, keys: KeyStore) -> list[Item]:
    """The listing kept in a zone, in its order; staged rows point into it."""
    table = read_restricted(home.zone(zone) / "snapshot.parquet", keys.secret(f"zone/{zone}"))
    return [Item(**row) for row in table.to_pylist()]
