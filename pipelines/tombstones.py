"""Tombstones as workers read them: a copy in the work zone under the version that the plan names.

The installation's own file is state, which stays with the launcher; a worker may share only the zones with it.
"""

from __future__ import annotations

from governance.erasure import SCHEMA, Tombstones
from governance.keys import KeyStore
from governance.records.storage import Location
from governance.restricted import read_restricted, write_restricted
from pipelines.home import Home
from pipelines.tasks import Context

NONE = "none"


def hand_over(home: Home, zone: str, keys: KeyStore) -> str:
    """Keeps the installation's tombstones in a zone, encrypted under its key; returns their version."""
    stones = Tombstones.load(home.tombstones, keys.secret("tombstone"))
    path = _path(home, zone, stones.version)
    if stones.version != NONE and not path.exists():
        key = f"zone/{zone}"
        write_restricted(path, stones.table.to_batches(), keys.secret(key), keys.key_id(key), SCHEMA)
    return stones.version


def buried(context: Context) -> Tombstones:
    """The tombstones of the context's plan."""
    plan, key = context.plan, context.keys.secret("tombstone")
    if plan.tombstones == NONE:
        return Tombstones(SCHEMA.empty_table(), key)
    path = _path(context.home, plan.work_zone, plan.tombstones)
    return Tombstones(read_restricted(path, context.keys.secret(f"zone/{plan.work_zone}")), key)


def _path(home: Home, zone: str, version: str) -> Location:
    return home.zone(zone) / "tombstones" / f"{version}.parquet"
