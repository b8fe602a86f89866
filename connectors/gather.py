"""Many small items, read as few batches: what works on columns costs as much for one row as for a thousand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from connectors.base import Connector, Item
from connectors.formats.contract import Broken, Limits, Split
from connectors.read import read_item
from connectors.spec import SourceSpec


@dataclass(frozen=True)
class Part:
    """A part of an item to read; `number` is the caller's name for the item."""

    number: int
    item: Item
    split: Split


@dataclass(frozen=True)
class Gathered:
    """RAW rows of one item or several neighbours, in order.

    Attributes:
        numbers: int32, the number of the item of each row.
        batch: RAW.
    """

    numbers: pa.Array
    batch: pa.RecordBatch


def read_parts(
    connector: Connector, spec: SourceSpec, parts: Iterable[Part], *, limits: Limits
) -> Iterator[Gathered | tuple[int, Broken]]:
    """Reads parts one after the other; batches of at most `limits.batch_rows` rows span items.

    The documents and their order are those of `read_item`; what is broken comes with its item's number, before the
    rows that are being gathered.
    """
    held = _Held()
    for part in parts:
        for found in read_item(connector, spec, part.item, part.split, batch_rows=limits.batch_rows, limits=limits):
            if isinstance(found, Broken):
                yield part.number, found
                continue
            if held.is_full_with(found, limits):
                yield held.flush()
            held.add(part.number, found)
    if held.rows:
        yield held.flush()


@dataclass
class _Held:
    rows: int = 0
    text_bytes: int = 0
    numbers: list[tuple[int, int]] = field(default_factory=list)  # item, rows
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def is_full_with(self, batch: pa.RecordBatch, limits: Limits) -> bool:
        """Whether rows are held and one more batch would break a bound."""
        rows, size = self.rows + batch.num_rows, self.text_bytes + batch.column("text").nbytes
        return self.rows > 0 and (rows > limits.batch_rows or size > limits.batch_bytes)

    def add(self, number: int, batch: pa.RecordBatch) -> None:
        self.rows += batch.num_rows
        self.text_bytes += batch.column("text").nbytes
        self.numbers.append((number, batch.num_rows))
        self.batches.append(batch)

    def flush(self) -> Gathered:
        items, counts = zip(*self.numbers, strict=True)
        batch = self.batches[0] if len(self.batches) == 1 else pa.concat_batches(self.batches)
        self.rows = self.text_bytes = 0
        self.numbers, self.batches = [], []
        return Gathered(pa.array(np.repeat(np.array(items, np.int32), counts)), batch)
