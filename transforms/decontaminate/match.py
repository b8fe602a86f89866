"""Documents that hold benchmark items, with evidence: which item, how much of it, never its text."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from transforms.decontaminate.index import LEAST, NOMINATORS, Index
from transforms.decontaminate.kernels import WIDTH, Tables, bit_filter, hash_table, pack, search
from transforms.text.buffers import Text, view
from transforms.text.keys import text_form

EVIDENCE = pa.schema(
    [
        pa.field("row", pa.int32(), nullable=False),  # of the texts given
        pa.field("suite", pa.string(), nullable=False),
        pa.field("item", pa.string(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),  # of the item's distinct n-grams, standing together
        pa.field("matched", pa.int32(), nullable=False),  # distinct n-grams
    ]
)
ENOUGH = 5  # of an item's nominators, met close together, before it is looked at


def contaminated(text: Text, index: Index) -> pa.Table:
    """Every (document, item) of which the index's share stands together in the document, as EVIDENCE.

    Spacing, punctuation, width and case do not matter; a changed particle costs the n-grams that touch it.
    In order of document, then item. What is found in a document depends on that document alone.
    """
    if not index.items:
        return EVIDENCE.empty_table()
    found = search(*pack(view(text_form(text))), _tables(index))
    order = np.lexsort((found[1], found[0]))
    rows, items, matched = (part[order] for part in found)
    names = [index.items[item] for item in items.tolist()]
    columns = {
        "row": rows,
        "suite": [index.suites[suite] for suite, _ in names],
        "item": [name for _, name in names],
        "share": matched / np.diff(index.has)[items],
        "matched": matched,
    }
    return pa.table([pa.array(columns[field.name], field.type) for field in EVIDENCE], schema=EVIDENCE)


@lru_cache(maxsize=1)
def _tables(index: Index) -> Tables:
    """What the search works with: whole numbers for shares, and hashed n-grams. Kept for the next batch."""
    totals = np.diff(index.has).astype(np.int64)
    wanted = np.minimum(totals, np.maximum(np.ceil(totals * index.share).astype(np.int64), LEAST))
    # Half of what is wanted, where all n-grams nominate: a window may begin in the middle of an item.
    enough = np.where(totals <= NOMINATORS, (wanted + 1) // 2, ENOUGH)
    reach = index.lengths.astype(np.int64) + WIDTH
    led = bit_filter(index.grams[np.diff(index.nominates) > 0])
    slots = hash_table(index.grams)
    return Tables(
        index.grams, slots, led, index.nominates, index.nominated, index.has, index.had, enough, wanted, reach
    )
