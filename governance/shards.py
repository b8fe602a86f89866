"""Shards: the files of a release, as they were measured and as a Delta log has them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.delta_log import LOG, Log
from governance.parquet import statistics_of
from governance.records.errors import IntegrityError
from governance.records.storage import Location


@dataclass(frozen=True)
class Shard:
    """One file of a release. `path` is relative to the table; `stats` are Delta's, on doc_id, source and numbers."""

    path: str
    sha256: str
    size: int
    rows: int
    source: str
    licence: str
    stats: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    state: str = "active"

    @classmethod
    def of(cls, root: Location, path: str, source: str, licence: str) -> Shard:
        """Measures a written file: digest, bytes, rows and statistics."""
        stats = statistics_of(root / path)
        return cls(
            path, file_sha256(root / path), (root / path).stat().st_size, stats["numRecords"], source, licence, stats
        )


@dataclass(frozen=True)
class LiveShard:
    """One file of a version, as the Delta log has it."""

    path: str
    size: int
    rows: int
    stats: dict[str, Any] = field(compare=False, repr=False)


def file_sha256(path: Location) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shards_in(log: Log) -> list[LiveShard]:
    """Files of a log's state, sorted by path.

    Raises:
        IntegrityError: an entry is not one of ours.
    """
    return [_live(log.adds[path]) for path in sorted(log.adds)]


def _live(add: Mapping[str, Any]) -> LiveShard:
    try:
        stats = json.loads(add["stats"])
        return LiveShard(add["path"], add["size"], stats["numRecords"], stats)
    except (KeyError, TypeError, ValueError):
        raise IntegrityError(f"{LOG}: the entry of {add.get('path')} is not one of ours; the log was altered") from None
