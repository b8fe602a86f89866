"""Blanking: a staged row loses every text and all that is derived from one; its place and its keys stay."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.records.schemas import STAGED
from pipelines.stages.altered import put

_TEXTS = ("text", "title", "url", "author")
_EMPTY = {"native_id": "", "bytes": 0, "chars": 0}


def blank(table: pa.Table, rows: np.ndarray) -> pa.Table:
    """The table (schema STAGED) with these rows (bool, one a row) blanked; `bytes` is 0 in no other row."""
    mask = pa.array(rows)
    for name in (*_TEXTS, *_EMPTY):
        field = table.schema.field(name)
        value = pa.scalar(_EMPTY.get(name), field.type)
        table = put(table, name, pc.if_else(mask, value, table[name]))
    signatures = table["signature"].to_pylist()
    wiped = [b"\0" * len(s) if gone else s for s, gone in zip(signatures, rows, strict=True)]
    return put(table, "signature", pa.array(wiped, pa.binary())).cast(STAGED)


def is_blank(table: pa.Table) -> np.ndarray:
    """Which staged rows were blanked (bool): no document that Prepare keeps is without a byte of text."""
    return pc.equal(table["bytes"], 0).to_numpy()
