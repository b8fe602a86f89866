"""Identities: what outlives a purged zone, so that a document can still be found and erased: keyed digests only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.erasure import sketches
from governance.keys import KeyStore
from governance.records.storage import atomic_path, matching, readable
from governance.restricted import read_restricted
from pipelines.finding import staged_files
from pipelines.home import Home
from pipelines.zones import Zone

SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("source", pa.string()),
        ("native_key", pa.binary(16)),
        ("text_key", pa.binary(16)),
        ("sketch", pa.binary()),
    ]
)


@dataclass(frozen=True)
class Identities:
    """Every document of the purged zones."""

    rows: pa.Table

    def has(self, doc_id: str) -> bool:
        """Whether a document is among them."""
        return bool(pc.any(pc.equal(self.rows["doc_id"], doc_id)).as_py())

    def of_source(self, source: str) -> list[str]:
        """Ids of a source's documents."""
        return self.rows.filter(pc.equal(self.rows["source"], source))["doc_id"].to_pylist()

    def sources_of(self, doc_ids: Sequence[str]) -> list[str]:
        """Sources of these documents."""
        return self.table(doc_ids)["source"].unique().to_pylist()

    def table(self, doc_ids: Sequence[str]) -> pa.Table:
        """Rows of these documents."""
        return self.rows.filter(pc.is_in(self.rows["doc_id"], value_set=pa.array(doc_ids, pa.string())))


def identities(home: Home) -> Identities:
    """Reads them all."""
    paths = matching(home.identities, "*.parquet")
    return Identities(pa.concat_tables([SCHEMA.empty_table(), *(pq.read_table(readable(path)) for path in paths)]))


def keep_identities(home: Home, keys: KeyStore, zone: Zone) -> None:
    """Writes the identities of a zone that is about to be purged."""
    found = []
    for other, path in staged_files(home):
        if other == zone:
            table = read_restricted(
                path, keys.secret(zone.key), columns=["doc_id", "native_key", "text_key", "signature"]
            )
            sketch = pa.array(
                [bytes(row) for row in sketches(table["signature"], keys.secret("tombstone"))], pa.binary()
            )
            columns = {name: table[name] for name in ("doc_id", "native_key", "text_key")}
            found.append(
                pa.table(columns | {"source": pa.repeat(pa.scalar(zone.source), table.num_rows), "sketch": sketch})
            )
    if found:
        whole = pa.concat_tables(table.select(SCHEMA.names).cast(SCHEMA) for table in found)
        with atomic_path(home.identities / f"{zone.name}.parquet", mode=0o600) as temporary:
            pq.write_table(whole, temporary, compression="zstd", write_statistics=False)
