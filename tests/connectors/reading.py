"""What the tests of connectors share: bytes in, documents and broken pointers out."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from blake3 import blake3

from connectors.base import Item
from connectors.formats.contract import WHOLE, Broken, Limits, Split
from connectors.formats.registry import FORMATS
from connectors.read import read_item
from connectors.spec import SourceSpec
from governance.records.schemas import RAW


def source(path: Path | str = "/nowhere", **keys: Any) -> SourceSpec:
    """A source with what a test does not care about filled in."""
    return SourceSpec(**{"name": "a", "sector": "private", "domain": "test", "path": str(path), **keys})


@dataclass
class Read:
    """Documents as dictionaries, in order, and what was broken."""

    documents: list[dict[str, Any]]
    broken: list[Broken]
    batches: list[pa.RecordBatch]

    @property
    def texts(self) -> list[str]:
        return [document["text"] for document in self.documents]

    @property
    def codes(self) -> list[str]:
        return [broken.code.value for broken in self.broken]


def collect(parts: Any) -> Read:
    """Takes a reader's parts apart, checking the contract of each on the way."""
    read = Read([], [], [])
    for part in parts:
        if isinstance(part, Broken):
            read.broken.append(part)
        else:
            assert part.schema.equals(RAW)
            assert part.num_rows > 0
            part.validate(full=True)
            read.batches.append(part)
            read.documents += part.to_pylist()
    return read


def read_bytes(data: bytes, spec: SourceSpec, *, split: Split = WHOLE, limits: Limits | None = None) -> Read:
    """Reads bytes with the reader of the source's format."""
    reader = FORMATS[spec.format].read
    assert reader is not None
    return collect(reader(io.BytesIO(data), spec, split, limits or Limits()))


class MemoryConnector:
    """Items held in a dictionary; what a test changes after the listing stays changed."""

    is_local = True

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def check(self) -> list[str]:
        return []

    def list(self) -> Any:
        return iter([Item(name, len(data), blake3(data).hexdigest(), 0) for name, data in self.files.items()])

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self.files[name])


def read_named(name: str, data: bytes, spec: SourceSpec, **keys: Any) -> Read:
    """Reads one item through `read_item`, as the pipeline does."""
    connector = MemoryConnector({name: data})
    (item,) = connector.list()
    return collect(read_item(connector, spec, item, **keys))
