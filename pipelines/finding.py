"""Finding a document in the restricted zones, by its id or by the id its source gave it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.base import Item
from governance.keys import KeyStore
from governance.records.ids import native_keys
from governance.records.storage import Location, matching
from governance.restricted import read_restricted, restricted_file
from pipelines.home import Home
from pipelines.stages.snapshot import load_items
from pipelines.zones import Zone, zones


@dataclass(frozen=True)
class StagedRow:
    """A staged row: where it lies, and what identifies it. Its repr shows no native id."""

    zone: Zone
    path: Location
    row: int
    doc_id: str

    def read(self, keys: KeyStore, columns: Sequence[str]) -> dict[str, object]:
        """Columns of the row."""
        file = restricted_file(self.path, keys.secret(self.zone.key))
        first = 0
        for group in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            if self.row < first + count:
                return file.read_row_group(group, columns=list(columns)).slice(self.row - first, 1).to_pylist()[0]
            first += count
        raise IndexError(self.row)

    def item(self, home: Home, keys: KeyStore) -> Item:
        """The item it was read from."""
        return load_items(self.zone.name, home, keys)[int(str(self.read(keys, ["item"])["item"]))]


def staged_files(home: Home) -> Iterator[tuple[Zone, Location]]:
    """Every staged file of every zone whose source is known."""
    for zone in zones(home):
        if zone.source:
            for path in matching(home.zone(zone.name) / "prepare", "*.parquet"):
                if not path.name.endswith(".broken.parquet"):
                    yield zone, path


def by_doc_ids(home: Home, keys: KeyStore, doc_ids: Sequence[str]) -> list[StagedRow]:
    """Staged rows of these documents, in every zone that holds them."""
    return list(_rows(home, keys, "doc_id", lambda _: pa.array(doc_ids, pa.string())))


def by_native_id(home: Home, keys: KeyStore, native_id: str) -> list[StagedRow]:
    """Staged rows of the documents that a source calls this."""
    key = keys.secret("native-id")
    return list(
        _rows(home, keys, "native_key", lambda source: pa.array(native_keys(key, source, [native_id]), pa.binary(16)))
    )


def of_source(home: Home, keys: KeyStore, source: str) -> list[StagedRow]:
    """Every staged row of a source."""
    found = []
    for zone, path in staged_files(home):
        if zone.source == source:
            ids = read_restricted(path, keys.secret(zone.key), columns=["doc_id"])["doc_id"].to_pylist()
            found += [StagedRow(zone, path, row, doc_id) for row, doc_id in enumerate(ids)]
    return found


def _rows(home: Home, keys: KeyStore, column: str, wanted: Callable[[str], pa.Array]) -> Iterator[StagedRow]:
    for zone, path in staged_files(home):
        table = read_restricted(path, keys.secret(zone.key), columns=list({column, "doc_id"}))
        hits = pc.is_in(table[column], value_set=wanted(zone.source))
        for row in np.flatnonzero(hits.to_numpy()).tolist():
            yield StagedRow(zone, path, row, table["doc_id"][row].as_py())
