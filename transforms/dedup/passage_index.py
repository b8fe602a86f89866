"""Index of the passages that are released: a new batch counts with its own what earlier releases hold.

A row says that a document (a member of `transforms.dedup.index`) has a passage: unit, half of the passage's keyed hash,
member; sorted by all three, none twice. Half of the hash does: among the 1.7 * 10^10 passages of 10 TB a batch of
5 * 10^8 meets another one by chance every second time.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

UNITS = ("line", "paragraph")
HELD = pa.schema([("unit", pa.int32()), ("key", pa.int64()), ("member", pa.int32())])


def held(unit: int, keys: np.ndarray, members: np.ndarray) -> pa.Table:
    """Rows (schema HELD) of one unit.

    Args:
        unit: place in UNITS.
        keys: int64, `high` of `passages.find`.
        members: that have the passage, of any integer type; one that has it twice is one row.
    """
    order = np.lexsort((members, keys))
    keys, members = keys[order], members[order].astype(np.int32)
    new = np.ones(len(keys), bool)
    new[1:] = (keys[1:] != keys[:-1]) | (members[1:] != members[:-1])
    return pa.table([np.full(int(new.sum()), unit, np.int32), keys[new], members[new]], schema=HELD)


def met(rows: pa.Table, wanted: np.ndarray) -> pa.Table:
    """Rows whose passage is wanted.

    Args:
        rows: schema HELD, of one unit.
        wanted: int64 keys, sorted, none twice.
    """
    keys = rows["key"].to_numpy()
    if not len(wanted):
        return rows.slice(0, 0)
    place = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    return rows.filter(pa.array(wanted[place] == keys))


def without(rows: pa.Table, stays: np.ndarray) -> pa.Table:
    """The rows of the members that stay, under the numbers that these have then.

    Args:
        rows: schema HELD.
        stays: bool, one a member.
    """
    number = (np.cumsum(stays) - 1).astype(np.int32)
    left = rows.filter(pa.array(stays[rows["member"].to_numpy()]))
    return left.set_column(2, HELD.field("member"), pa.array(number[left["member"].to_numpy()]))
