"""Rows altered where they lie: a column in the place of another, lengths that follow the text, a staged file anew."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from governance.keys import KeyStore
from governance.records.schemas import STAGED
from governance.records.storage import Location
from governance.restricted import write_restricted
from pipelines.zones import Zone


def put(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with a column replaced, of the same type as before."""
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, column.cast(field.type))


def measured(table: pa.Table) -> pa.Table:
    """The table with `chars`, and `bytes` where it has them, as long as its text is now."""
    text = pc.fill_null(table["text"], "")
    table = put(table, "chars", pc.utf8_length(text))
    return put(table, "bytes", pc.binary_length(text)) if "bytes" in table.column_names else table


def write_staged(path: Location, table: pa.Table, zone: Zone, keys: KeyStore) -> None:
    """Writes a staged file (schema STAGED) again, under its zone's key."""
    rows = table.cast(STAGED).to_batches()
    write_restricted(path, iter(rows), keys.secret(zone.key), keys.key_id(zone.key), STAGED)
