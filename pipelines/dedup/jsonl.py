"""JSON Lines, plain or compressed: blocks of whole lines, parsed by Arrow in the thread that takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.json as pj

from governance.records.errors import ConfigError
from pipelines.dedup.rows import BLOCK_BYTES, Block, Columns, Kind, Part, Rows, missing, rows_of
from pipelines.streams import open_stream, read_some

_PLAIN, _COMPRESSED = (".jsonl", ".ndjson"), (".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")
JSONL = _PLAIN + _COMPRESSED
# A plain file is cut here, so that threads read it side by side.
_PART_BYTES = 64 << 20
_HEAD_LINES = 100
_TO_END = 1 << 62


@dataclass(frozen=True)
class Lines:
    """The lines of a file that begin at start <= byte < stop."""

    path: Path
    columns: Columns
    kind: Kind
    start: int = 0
    stop: int = _TO_END

    def blocks(self) -> Iterator[Block]:
        """Blocks of about `BLOCK_BYTES`.

        Raises:
            MalmoiError: the file is damaged.
        """
        for offset, block in _whole_lines(self.path, self.start, self.stop):
            yield partial(self._rows, block, offset)

    def _rows(self, block: bytes, offset: int) -> Rows:
        """Raises ConfigError naming the first line that cannot be read."""
        try:
            return self._parse(block, offset)
        except (pa.ArrowException, UnicodeDecodeError, ConfigError):
            raise ConfigError(self._problem(block, offset)) from None

    def _parse(self, lines: bytes, offset: int) -> Rows:
        ids = pa.int64() if self.kind is Kind.INTEGER else pa.large_string()
        schema = pa.schema([(self.columns.id, ids), (self.columns.text, pa.large_string())])
        table = pj.read_json(
            pa.BufferReader(lines),
            pj.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        ids, text = (table[name].combine_chunks() for name in self.columns)
        return rows_of(ids, text, f"{self.path}, byte {offset} on")

    def _problem(self, block: bytes, offset: int) -> str:
        for line in block.splitlines(keepends=True):
            try:
                self._parse(line, offset)
            except (pa.ArrowException, UnicodeDecodeError, ConfigError):
                return f"{self.path}: the line at byte {offset} {_fault(line, self.columns, self.kind)}"
            offset += len(line)
        return f"{self.path}: the {len(block)} bytes before byte {offset} are no lines of JSON"


def _fault(line: bytes, columns: Columns, kind: Kind) -> str:
    """What is wrong with a line that Arrow does not take."""
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return "is not UTF-8"
    except json.JSONDecodeError:
        return "is not JSON"
    if not isinstance(value, dict):
        return "is no object of names and values"
    if value.get(columns.id) is None:
        return "has no id"
    wanted = int if kind is Kind.INTEGER else str
    if not isinstance(value.get(columns.id), wanted | None):
        return f"has an id that is no {'whole number' if wanted is int else 'string'}, as it is in the first line"
    if not isinstance(value.get(columns.text), str | None):
        return "has a text that is no string"
    return "names a field twice, holds half of a surrogate pair, or a number that is too large"


def lines_of(path: Path, columns: Columns) -> tuple[Kind | None, list[Part]]:
    """What its ids are (None where there is no line), and its parts.

    Raises:
        ConfigError: a column that none of the first lines has, or ids of another type.
        MalmoiError: it cannot be opened, or is cut off.
    """
    head = _head(path)
    if not head:
        return None, []
    known = sorted({name for record in head for name in record})
    problems = [
        missing(str(path), name, known, option) for option, name in columns._asdict().items() if name not in known
    ]
    if problems:
        raise ConfigError(problems)
    kind = _kind(path, columns, next(r[columns.id] for r in head if columns.id in r))
    if path.name.endswith(_COMPRESSED):
        return kind, [Lines(path, columns, kind)]
    starts = range(0, path.stat().st_size, _PART_BYTES)
    return kind, [Lines(path, columns, kind, start, start + _PART_BYTES) for start in starts]


def _kind(path: Path, columns: Columns, first: Any) -> Kind:
    if isinstance(first, bool) or not isinstance(first, str | int | None):
        raise ConfigError(f"{path}: {columns.id!r} holds {type(first).__name__}; ids are text or whole numbers")
    return Kind.INTEGER if isinstance(first, int) else Kind.TEXT


def _head(path: Path) -> list[dict[str, Any]]:
    """Objects of the first lines; what is wrong with a line is said when it is read."""
    for _, block in _whole_lines(path, 0, _TO_END, block_bytes=1 << 16):
        found: list[dict[str, Any]] = []
        for line in block.split(b"\n")[:_HEAD_LINES]:
            try:
                value = json.loads(line or b"null")
            except ValueError:
                continue
            found += [value] if isinstance(value, dict) else []
        if found or block.strip():
            return found or [{}]
    return []


def _whole_lines(path: Path, start: int, stop: int, *, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Whole lines that begin in the range, some at a time, each time with the byte of the first."""
    with open_stream(path, packed=path.name.endswith(_COMPRESSED)) as stream:
        offset, rest = _first_line(stream, start), b""
        while offset < stop:
            read = read_some(stream, path, block_bytes)
            block = rest + read
            end = _cut(block, stop - offset) if read else len(block)
            if end:
                yield offset, block[:end]
            offset, rest = offset + end, block[end:]
            if not read:
                return


def _cut(block: bytes, room: int) -> int:
    """Where the last whole line ends that begins within `room` bytes; 0 when none is whole yet."""
    if len(block) < room:
        return block.rfind(b"\n") + 1
    return block.find(b"\n", room - 1) + 1


def _first_line(stream: BinaryIO, start: int) -> int:
    """Goes to the first line that begins at `start` or later."""
    if start == 0:
        return 0
    stream.seek(start - 1)
    offset = start - 1
    while read := stream.read(1 << 16):
        end = read.find(b"\n") + 1
        if end:
            stream.seek(offset + end)
            return offset + end
        offset += len(read)
    return _TO_END
