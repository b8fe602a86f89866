"""The commit itself: exactly the version that a manifest names, or nothing.

No checkpoint is made and no log cleaned as a side effect: `governance.delta.clean_log` is the only place where history
ends.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema, transaction
from deltalake.exceptions import CommitFailedError

from governance.delta_log import LOG, commit_file, replay
from governance.parquet import has_statistics, leaf_columns
from governance.records.errors import BusyError
from governance.records.ids import canonical_json
from governance.records.storage import Location, create_bytes, sync

_NO_HOOKS = transaction.PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)


class VersionConflictError(BusyError):
    """Another commit took the version that the manifest names; make and sign the manifest again, then commit."""


def delta_schema(schema: pa.Schema) -> str:
    """The schema as a Delta log writes it."""
    return Schema.from_arrow(schema).to_json()


def grows_into(older: str, newer: str) -> bool:
    """Whether a Delta schema is another one, or that with columns added at the end which may be null.

    A schema that cannot be read, as in a log that was altered, is neither.
    """
    try:
        had, has = (json.loads(schema)["fields"] for schema in (older, newer))
        return bool(has[: len(had)] == had and all(field["nullable"] for field in has[len(had) :]))
    except (ValueError, KeyError, TypeError):
        return False


@dataclass(frozen=True)
class Commit:
    """What a commit says of itself: the name of the release or erasure, the version it makes, the table's schema."""

    name: str
    version: int
    schema: pa.Schema
    at_ms: int


def transact(root: Location, actions: list[Any], what: Commit) -> None:
    """Makes exactly the version `what.version`.

    Raises:
        VersionConflictError: another commit made it.
    """
    known = replay(root, what.version - 1).metadata if what.version else {}
    if what.version == 0:
        _create(root, actions, what)
    elif known.get("schemaString") != delta_schema(what.schema):
        _grow(root, known, actions, what)
    else:
        properties = transaction.CommitProperties(
            custom_metadata={"malmoi": what.name},
            # A retry would rebase us onto a version that the manifest does not name.
            max_commit_retries=0,
            app_transactions=[transaction.Transaction(what.name, what.version)],
        )
        table = DeltaTable(str(root), version=what.version - 1)
        try:
            table.create_write_transaction(
                actions, "append", what.schema, commit_properties=properties, post_commithook_properties=_NO_HOOKS
            )
        except CommitFailedError:
            raise VersionConflictError(f"{root}: another commit made version {what.version}; try again") from None
    sync(commit_file(root, what.version))
    sync(root / LOG)


def _create(root: Location, adds: list[transaction.AddAction], what: Commit) -> None:
    """The first commit, written by us: the library's would hold this machine's directory names and a random id."""
    lines: list[dict[str, Any]] = [
        {"commitInfo": {"timestamp": what.at_ms, "operation": "CREATE TABLE", "malmoi": what.name}},
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": _metadata(root.name, what)},
        *({"add": _add_json(add)} for add in adds),
        {"txn": {"appId": what.name, "version": 0}},
    ]
    _write(root, lines, what)


def _grow(root: Location, known: Mapping[str, Any], actions: list[Any], what: Commit) -> None:
    """A commit that adds columns: the library's would leave the table's schema as it was, and readers without them."""
    schema = {"schemaString": delta_schema(what.schema), "configuration": _configuration(what.schema)}
    lines: list[dict[str, Any]] = [
        {"commitInfo": {"timestamp": what.at_ms, "operation": "ADD COLUMN", "malmoi": what.name}},
        {"metaData": {**known, **schema}},
        *(_action_json(action) for action in actions),
        {"txn": {"appId": what.name, "version": what.version}},
    ]
    _write(root, lines, what)


def _write(root: Location, lines: list[dict[str, Any]], what: Commit) -> None:
    try:
        create_bytes(commit_file(root, what.version), b"".join(canonical_json(line) + b"\n" for line in lines))
    except FileExistsError:
        raise VersionConflictError(f"{root}: another commit made version {what.version}; try again") from None


def _metadata(name: str, what: Commit) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"malmoi/{name}/{what.name}")),
        "name": name,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": delta_schema(what.schema),
        "partitionColumns": [],
        "configuration": _configuration(what.schema),
        "createdTime": what.at_ms,
    }


def _action_json(action: transaction.AddAction | transaction.RemoveAction) -> dict[str, Any]:
    if isinstance(action, transaction.AddAction):
        return {"add": _add_json(action)}
    return {
        "remove": {
            "path": action.path,
            "deletionTimestamp": action.deletion_timestamp,
            "dataChange": True,
            "size": action.size,
        }
    }


def _add_json(add: transaction.AddAction) -> dict[str, Any]:
    return {
        "path": add.path,
        "partitionValues": {},
        "size": add.size,
        "modificationTime": add.modification_time,
        "dataChange": True,
        "stats": add.stats,
    }


def _configuration(schema: pa.Schema) -> dict[str, str | None]:
    """What keeps another engine from doing what we do not: statistics of texts, losing history, deleting releases."""
    leaves = leaf_columns(schema).items()
    names = [path for path, kind in leaves if has_statistics(path, kind) and ".list." not in path]
    return {
        "delta.dataSkippingStatsColumns": ",".join(names),
        "delta.enableExpiredLogCleanup": "false",
        "delta.checkpointInterval": "1000000",
        "delta.deletedFileRetentionDuration": "interval 3650 days",
    }
