"""Reads a Delta log as it is written, action by action: what verification must see, no reader library filters.

Source: Delta transaction log protocol, "Delta Log Entries", "Action Reconciliation", "Checkpoints" (classic, one part).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.errors import IntegrityError, NotFoundError
from governance.records.storage import Location, readable

LOG = "_delta_log"
_CHECKPOINT = ".checkpoint.parquet"
_OURS = re.compile(
    r"\d{20}\.(json|checkpoint\.parquet)|_last_checkpoint|\..*\.tmp|.*#\d+|_commit_[0-9a-f-]+\.json\.tmp"
)


@dataclass
class Log:
    """The state of a table at a version.

    Attributes:
        adds: live files by path, each the raw `add` action.
        transactions: version by application id; ours is the release or the erasure that made the version.
    """

    version: int
    protocol: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    adds: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)

    def apply(self, action: Mapping[str, Any]) -> None:
        """Takes one action into the state; unknown ones are left out, as the protocol has it."""
        for kind, value in action.items():
            if value is None:
                continue
            if kind == "add":
                self.adds[value["path"]] = value
            elif kind == "remove":
                self.adds.pop(value["path"], None)
            elif kind == "txn":
                self.transactions[value["appId"]] = value["version"]
            elif kind == "protocol":
                self.protocol = value
            elif kind == "metaData":
                self.metadata = value


def versions(root: Location) -> list[int]:
    """Versions that have a commit file, in order."""
    return sorted(int(path.stem) for path in (root / LOG).glob("*.json") if path.stem.isdigit())


def commit_file(root: Location, version: int) -> Location:
    """File of the commit that made a version."""
    return root / LOG / f"{version:020}.json"


def head_version(root: Location) -> int:
    """Version at the head of the table; -1 before the first release."""
    return max(versions(root), default=-1)


def replay(root: Location, version: int | None = None) -> Log:
    """The table's state at a version, or at its head.

    Raises:
        NotFoundError: no table, or a version never made or erased.
        IntegrityError: a log file is missing or is no log file.
    """
    head = head_version(root)
    wanted = head if version is None else version
    if head < 0:
        raise NotFoundError(f"{root}: no release yet")
    start = max((v for v in _checkpoints(root) if v <= wanted), default=-1)
    if wanted > head or wanted < 0 or (start < 0 and 0 not in versions(root)):
        raise NotFoundError(f"{root}: version {wanted} is not there: never made, or erased")
    log = Log(wanted)
    for path in _files(root, start, wanted):
        try:
            for action in _read(path):
                log.apply(action)
        except (KeyError, TypeError, AttributeError):
            raise _altered(path) from None
    return log


def known_paths(root: Location) -> set[str]:
    """Paths of every file that some version we still have names, live or removed."""
    start = max(_checkpoints(root), default=-1)
    found = set(replay(root, start).adds) if start >= 0 else set()
    for version in versions(root):
        path = commit_file(root, version)
        try:
            found |= {action[kind]["path"] for action in _read(path) for kind in ("add", "remove") if kind in action}
        except (KeyError, TypeError):
            raise _altered(path) from None
    return found


def foreign_files(root: Location) -> list[str]:
    """Names in the log's directory that are neither ours nor what a killed writer leaves (which readers pass over).

    Compacted commits, sidecars and checkpoints of other shapes are read instead of the commits by some readers.
    """
    return sorted(path.name for path in (root / LOG).iterdir() if not _OURS.fullmatch(path.name))


def _checkpoints(root: Location) -> list[int]:
    names = (path.name.removesuffix(_CHECKPOINT) for path in (root / LOG).glob(f"*{_CHECKPOINT}"))
    return sorted(int(name) for name in names if name.isdigit())


def _files(root: Location, start: int, end: int) -> list[Location]:
    checkpoint = [root / LOG / f"{start:020}{_CHECKPOINT}"] if start >= 0 else []
    return checkpoint + [commit_file(root, version) for version in range(start + 1, end + 1)]


def _read(path: Location) -> list[Mapping[str, Any]]:
    return _read_checkpoint(path) if path.name.endswith(_CHECKPOINT) else _read_commit(path)


def _altered(path: Location) -> IntegrityError:
    return IntegrityError(f"{LOG}/{path.name}: not of a Delta log; it was altered")


def _read_commit(path: Location) -> list[Mapping[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines() if line]
    except FileNotFoundError:
        raise IntegrityError(f"{LOG}/{path.name}: missing in the middle of the log") from None
    except ValueError:
        raise _altered(path) from None


def _read_checkpoint(path: Location) -> list[Mapping[str, Any]]:
    wanted = ["protocol", "metaData", "add", "txn"]
    try:
        file = pq.ParquetFile(readable(path))
        rows = file.read(columns=[name for name in wanted if name in file.schema_arrow.names]).to_pylist()
    except (OSError, pa.ArrowInvalid):
        raise _altered(path) from None
    return [_maps_as_dicts(row) for row in rows]


def _maps_as_dicts(row: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: None
        if action is None
        else {
            k: dict(v) if isinstance(v, list) and all(isinstance(p, tuple) for p in v) else v for k, v in action.items()
        }
        for kind, action in row.items()
    }
