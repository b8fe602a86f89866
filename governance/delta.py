"""One Delta table a corpus: a release is a version, and the transaction is the only commit point.

Files are committed with add and remove actions of our own, because a writer that makes the statistics itself would
put the first characters of every text into the log.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from datetime import datetime

import pyarrow as pa
from deltalake import DeltaTable, transaction
from deltalake.exceptions import DeltaError

from governance.delta_log import LOG, head_version, replay
from governance.delta_transaction import Commit, VersionConflictError, delta_schema, grows_into, transact
from governance.records.errors import ConfigError, IntegrityError, NotFoundError
from governance.records.storage import Location, crash_point, matching
from governance.shards import LiveShard, Shard, file_sha256, shards_in

__all__ = [
    "LOG",
    "LiveShard",
    "Shard",
    "VersionConflictError",
    "clean_log",
    "commit",
    "committed_version",
    "delta_schema",
    "file_sha256",
    "head_version",
    "live_shards",
    "next_version",
    "open_table",
    "remove",
    "shards_in",
    "vacuum",
]

_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9][A-Za-z0-9._=-]*)*\.parquet")
_REASON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def open_table(root: Location, version: int | None = None) -> DeltaTable:
    """The corpus's table, at a version or at its head.

    Raises:
        NotFoundError: no table, or the version was never made or was erased.
    """
    try:
        table = DeltaTable(str(root), version=version)
    except DeltaError:
        if head_version(root) < 0:
            raise NotFoundError(f"{root}: no release yet") from None
        raise NotFoundError(f"{root}: version {version} is not there: never made, or erased") from None
    return table


def committed_version(root: Location, release_id: str) -> int | None:
    """Version under which this release was committed, or None."""
    return None if head_version(root) < 0 else replay(root).transactions.get(release_id)


def next_version(root: Location, release_id: str) -> int:
    """The version a manifest of this release is to name: the one it was committed as, else the one after the head."""
    done = committed_version(root, release_id)
    return head_version(root) + 1 if done is None else done


def live_shards(root: Location, version: int | None = None) -> list[LiveShard]:
    """Files of a version, or of the head, sorted by path.

    Raises:
        NotFoundError: no table, or a version never made or erased.
        IntegrityError: the log was altered.
    """
    return shards_in(replay(root, version))


def commit(
    root: Location,
    *,
    release_id: str,
    shards: Sequence[Shard],
    expected_version: int,
    schema: pa.Schema,
    at: datetime | None = None,
) -> int:
    """Makes the shards the files of the next version: all of them, and no others. Returns the version.

    Files that the head already has are neither added nor removed again. Repeating a committed release does nothing.

    Args:
        expected_version: the version this commit is to make, as the manifest names it (`head_version(root) + 1`).
        at: time written into removals; it decides nothing, so the clock is read when it is not given.

    Raises:
        VersionConflictError: the head moved; make the manifest for the new head and sign it again.
        IntegrityError: a shard is not on disk as described, or its name is taken by another content.
    """
    done = committed_version(root, release_id)
    if done is not None:
        return done
    if head_version(root) != expected_version - 1:
        raise VersionConflictError(
            f"{root}: head is version {head_version(root)}, the manifest expects {expected_version}"
        )
    live = {} if expected_version == 0 else {shard.path: shard for shard in live_shards(root)}
    _require_schema(root, schema, expected_version)
    adds = [_add(root, shard) for shard in sorted(shards, key=lambda s: s.path) if not _carried(shard, live)]
    removes = _removes(live.values(), {shard.path for shard in shards}, _ms(at))
    crash_point("before-delta-commit")
    try:
        transact(root, [*adds, *removes], Commit(release_id, expected_version, schema, _ms(at)))
    except VersionConflictError:
        done = committed_version(root, release_id)
        if done is None:
            raise
        return done
    crash_point("after-delta-commit")
    return expected_version


def _ms(at: datetime | None) -> int:
    # Readers keep removed files for a time after this instant; it is no part of the identical set.
    return int((at.timestamp() if at else time.time()) * 1000)


def _require_schema(root: Location, schema: pa.Schema, version: int) -> None:
    """Delta takes files of another schema without a word, and readers then see nulls: only columns are ever added."""
    written = replay(root).metadata.get("schemaString") if version > 0 else None
    if written is not None and not grows_into(written, delta_schema(schema)):
        raise IntegrityError(f"{root}: the table has another schema than this release; give the corpus a new name")


def _carried(shard: Shard, live: dict[str, LiveShard]) -> bool:
    known = live.get(shard.path)
    if known is None:
        return False
    if (known.size, known.rows) != (shard.size, shard.rows):
        raise IntegrityError(f"{shard.path}: the table has another file of this name; shards are never overwritten")
    return True


def _add(root: Location, shard: Shard) -> transaction.AddAction:
    if not _PATH.fullmatch(shard.path):
        raise ConfigError(f"shard path {shard.path!r}: use letters, digits, . _ = - and / only, ending in .parquet")
    try:
        status = (root / shard.path).stat()
    except FileNotFoundError:
        status = None
    if status is None or status.st_size != shard.size:
        raise IntegrityError(f"{shard.path}: not there with {shard.size} bytes; write it again before the commit")
    written_ms = status.st_mtime_ns // 1_000_000
    stats = json.dumps(shard.stats, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return transaction.AddAction(shard.path, shard.size, {}, written_ms, True, stats)


def _removes(live: Iterable[LiveShard], kept: set[str], at_ms: int) -> list[transaction.RemoveAction]:
    return [transaction.RemoveAction(s.path, True, at_ms, s.size, {}) for s in live if s.path not in kept]


def remove(root: Location, paths: Sequence[str], reason: str, at: datetime | None = None) -> int:
    """Takes files out of the table as a new version; `reason` is an id (an erasure, a suspension). Returns the version.

    Raises:
        NotFoundError: the head has no such file.
        VersionConflictError: another commit came between.
    """
    if not _REASON.fullmatch(reason):
        raise ConfigError("the reason of a removal is an id, such as E-12; letters, digits, . _ : - only")
    done = committed_version(root, reason)
    if done is not None:
        return done
    live = live_shards(root)
    unknown = set(paths) - {shard.path for shard in live}
    if unknown:
        raise NotFoundError(f"{root}: no such files at the head: {', '.join(sorted(unknown))}")
    version, schema = head_version(root) + 1, pa.schema(open_table(root).schema().to_arrow())
    removes = _removes(live, {shard.path for shard in live} - set(paths), _ms(at))
    transact(root, removes, Commit(reason, version, schema, _ms(at)))
    return version


def vacuum(root: Location, paths: Sequence[str]) -> list[str]:
    """Deletes files that the head no longer has; returns those that were there. Older versions lose them.

    Raises:
        IntegrityError: a path is still live, or leads out of the table.
    """
    live = {shard.path for shard in live_shards(root)}
    wrong = sorted(path for path in paths if path in live or not _PATH.fullmatch(path))
    if wrong:
        raise IntegrityError(f"{root}: still live, or not shards: {', '.join(wrong)}; remove them first")
    present = [path for path in paths if (root / path).exists()]
    for path in present:
        (root / path).unlink()
    return present


def clean_log(root: Location) -> list[str]:
    """Ends the history at the head: a checkpoint there, and no commit before it; returns the names deleted.

    After an erasure this keeps time travel from reaching what was erased. Repeating it is harmless.
    """
    table = open_table(root)
    table.create_checkpoint()
    gone = [path for path in matching(root / LOG, "*") if _version_of(path) < table.version()]
    for path in gone:
        path.unlink()
    return [path.name for path in gone]


def _version_of(path: Location) -> int:
    digits = path.name.partition(".")[0]
    return int(digits) if digits.isdigit() else 1 << 62
