"""Releases: the commit of many shards, and how fast a release is verified beside reading and hashing its bytes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.delta import Shard, commit, live_shards
from governance.keys import KeyStore
from governance.manifest import MANIFEST, Facts, build
from governance.parquet import write_released
from governance.records.schemas import DOCUMENT
from governance.records.storage import write_bytes
from governance.signing import sign_statement
from governance.verify import LATEST, verify_release


def verification(table: pa.Table, directory: Path) -> dict[str, Any]:
    """Seconds of each step for a release of large shards."""
    root, keys = directory / "corpus", KeyStore.open(directory / "keys", create=True)
    rows = table.num_rows // 8 + 1
    paths = [f"shards/s{n}.parquet" for n in range(8)]
    for number, path in enumerate(paths):
        write_released(root / path, table.slice(number * rows, rows))
    shards = [Shard.of(root, path, "precedents", "LicenseRef-KR") for path in paths]
    _publish(root, keys, shards)
    megabytes = sum(shard.size for shard in shards) / 1e6
    hashed = _seconds(lambda: [hashlib.sha256((root / path).read_bytes()).digest() for path in paths])
    verified = _seconds(lambda: verify_release(root, LATEST, keys.public_pem).require())
    return {"mb": round(megabytes), "verify_mb_s": round(megabytes / verified), "hash_mb_s": round(megabytes / hashed)}


def many_shards(directory: Path, count: int) -> dict[str, Any]:
    """Seconds to sign, commit and list a release of many small shards."""
    root, keys = directory / "many", KeyStore.open(directory / "keys", create=True)
    write_released(root / "shards/a.parquet", DOCUMENT.empty_table())
    one = Shard.of(root, "shards/a.parquet", "precedents", "LicenseRef-KR")
    (root / "shards/a.parquet").rename(root / "shards/s0.parquet")
    for number in range(1, count):
        (root / f"shards/s{number}.parquet").hardlink_to(root / "shards/s0.parquet")
    shards = [Shard(**(vars(one) | {"path": f"shards/s{number}.parquet"})) for number in range(count)]
    published = _seconds(lambda: _publish(root, keys, shards))
    size = (root / "releases/r" / MANIFEST).stat().st_size / 1e6
    listed = _seconds(lambda: live_shards(root))
    return {
        "shards": count,
        "publish_s": round(published, 2),
        "list_s": round(listed, 3),
        "manifest_mb": round(size, 1),
    }


def _publish(root: Path, keys: KeyStore, shards: list[Shard]) -> None:
    statement = build(Facts("scale", "r", "plan", 0, "code", {}), shards, {})
    write_bytes(root / "releases/r" / MANIFEST, sign_statement(statement, keys.signer()))
    commit(root, release_id="r", shards=shards, expected_version=0, schema=DOCUMENT)


def _seconds(what: Callable[[], object]) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start
