"""Actions of the protocol, in its parquet and its delta format. `stats` hold the number of rows and nothing else.

Source: Delta Sharing PROTOCOL.md, "API Response Actions in Parquet Format", "… in Delta Format".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from governance.entitlements import Shard
from governance.records.errors import ConfigError
from governance.sharing.catalogue import TableVersion

PARQUET, DELTA = "parquet", "delta"


@dataclass(frozen=True)
class Located:
    """A shard, where to fetch it, and until when (milliseconds since 1970)."""

    shard: Shard
    url: str
    until: int


def response_format(capabilities: str | None) -> str:
    """`parquet` where the client takes it, else `delta`: our tables need no reader feature.

    Raises:
        ConfigError: the client takes neither.
    """
    asked = dict(part.strip().lower().partition("=")[::2] for part in (capabilities or "").split(";"))
    formats = [name.strip() for name in asked.get("responseformat", PARQUET).split(",")]
    for known in (PARQUET, DELTA):
        if known in formats:
            return known
    raise ConfigError(f"responseformat: parquet or delta, not {', '.join(formats)[:80]}")


def head_actions(version: TableVersion, shards: Sequence[Shard], form: str) -> list[dict[str, Any]]:
    """Protocol and metadata. Size and number of files are those of the recipient's shards, not the table's."""
    size = {"size": sum(shard.size for shard in shards), "numFiles": len(shards)}
    table = version.metadata | {"name": version.corpus, "format": {"provider": "parquet", "options": {}}}
    table |= {"partitionColumns": [], "configuration": {}}
    if form == DELTA:
        protocol: dict[str, Any] = {"deltaProtocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
        metadata = {"deltaMetadata": table, "version": version.number, **size}
    else:
        protocol, metadata = {"minReaderVersion": 1}, table | {"version": version.number, **size}
    return [{"protocol": protocol}, {"metaData": metadata}]


def file_action(version: TableVersion, located: Located, form: str) -> dict[str, Any]:
    """One file of a snapshot."""
    shard = located.shard
    stats = json.dumps({"numRecords": shard.rows}) if shard.rows >= 0 else None
    about = {"id": shard.id, "size": shard.size, "version": version.number, "timestamp": version.timestamp}
    about["expirationTimestamp"] = located.until
    counted = {"stats": stats} if stats else {}
    if form == DELTA:
        add = {"path": _presigned(located.url), "partitionValues": {}, "size": shard.size, **counted}
        add |= {"modificationTime": version.timestamp, "dataChange": True}
        return {"file": about | {"deltaSingleAction": {"add": add}}}
    return {"file": about | {"url": located.url, "partitionValues": {}, **counted}}


def _presigned(url: str) -> str:
    # The kernel behind the Python client fetches a URL as it stands only when it looks like a pre-signed one.
    return f"{url}?X-Amz-Signature=link"
