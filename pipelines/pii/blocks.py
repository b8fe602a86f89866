"""Files cut into blocks: whole lines, Parquet batches, or texts, each of about BLOCK_BYTES and in order."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.formats.encoding import decode
from governance.records.errors import BrokenError, ConfigError
from governance.records.settings import nearest
from pipelines.pii.files import File, Kind
from pipelines.streams import damaged, open_stream, read_some

BLOCK_BYTES = 4 << 20
# A longer line is counted as broken, and is never held whole.
LINE_BYTES = 64 << 20
# A longer text is read in pieces, each ending with a paragraph, or a line where there is none.
TEXT_BYTES = 16 << 20
_MOST_ROWS = 1 << 14


@dataclass(frozen=True)
class Columns:
    """Names of the columns with texts, and of the one with ids (None: a document is named by its place)."""

    texts: tuple[str, ...]
    id: str | None = None


@dataclass(frozen=True)
class Block:
    """Some of a file, in order.

    Attributes:
        payload: lines (bytes), rows (Table), or a text (str).
        first: number of the first line or row, from 1; of a piece of a text, its first code point.
        bytes: what was read of the file.
        broken: places that could not be read, each with the reason.
    """

    file: File
    payload: bytes | pa.Table | str
    first: int
    bytes: int
    broken: tuple[str, ...] = ()


def blocks(files: Sequence[File], columns: Columns, *, whole_rows: bool) -> Iterator[Block]:
    """Every file's blocks.

    Args:
        whole_rows: read every column of Parquet, not the named ones alone.

    Raises:
        MalmoiError: a file is cut off or damaged.
        ConfigError: a Parquet file lacks a column.
    """
    for file in files:
        if file.kind is Kind.PARQUET:
            yield from _batches(file, columns, whole_rows)
        elif file.kind is Kind.JSONL:
            yield from _lines(file)
        else:
            yield from _texts(file)


def grouped(stream: Iterable[Block]) -> Iterator[tuple[Block, ...]]:
    """Blocks to be worked on together: small texts until they make up a block, anything else alone.

    A call of the recognisers costs about as much as ten kilobytes of text.
    """
    group: list[Block] = []
    size = 0
    for block in stream:
        small = isinstance(block.payload, str) and block.bytes < BLOCK_BYTES
        if group and (not small or size + block.bytes > BLOCK_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(block)
        size += block.bytes
        if not small:
            yield tuple(group)
            group, size = [], 0
    if group:
        yield tuple(group)


def _lines(file: File) -> Iterator[Block]:
    broken: tuple[str, ...] = ()
    line, rest = 1, b""
    with open_stream(file.path, packed=bool(file.packing)) as stream:
        while True:
            read = read_some(stream, file.path, BLOCK_BYTES)
            held = rest + read
            end = held.rfind(b"\n") + 1 if read else len(held)
            if end or (line == 1 and not read):  # an empty file is a file too
                yield Block(file, held[:end], line, end, broken)
                broken = ()
            line, rest = line + held.count(b"\n", 0, end), held[end:]
            if not read:
                return
            if len(rest) > LINE_BYTES:
                broken = (f"{file.path}, line {line}: longer than {LINE_BYTES >> 20} MB",)
                rest = _after_line(stream, file.path)
                line += 1


def _after_line(stream: BinaryIO, path: Path) -> bytes:
    """What follows the end of the line that the stream stands in."""
    while read := read_some(stream, path, BLOCK_BYTES):
        end = read.find(b"\n") + 1
        if end:
            return read[end:]
    return b""


def _batches(file: File, columns: Columns, whole_rows: bool) -> Iterator[Block]:
    try:
        with pq.ParquetFile(file.path) as stored:
            wanted = _present(file.path, stored.schema_arrow, columns)
            size = sum(stored.metadata.row_group(n).total_byte_size for n in range(stored.metadata.num_row_groups))
            rows = max(1, min(_MOST_ROWS, BLOCK_BYTES * stored.metadata.num_rows // max(size, 1)))
            first = 1
            if not stored.metadata.num_rows:
                yield Block(file, stored.schema_arrow.empty_table(), first, 0)
            for batch in stored.iter_batches(rows, columns=None if whole_rows else wanted):
                table = pa.Table.from_batches([batch])
                yield Block(file, table, first, table.select(wanted).nbytes)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise damaged(file.path) from error


def _present(path: Path, schema: pa.Schema, columns: Columns) -> list[str]:
    named = [*columns.texts, *([columns.id] if columns.id else [])]
    missing = [name for name in named if name not in schema.names]
    if missing:
        raise ConfigError([f"{path}: no column {name!r}{nearest(name, schema.names)}" for name in missing])
    wrong = [name for name in columns.texts if not is_text(schema.field(name).type)]
    if wrong:
        raise ConfigError([f"{path}: column {name!r} holds {schema.field(name).type}, not text" for name in wrong])
    return list(dict.fromkeys(named))


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text, dictionary-encoded or not."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _texts(file: File) -> Iterator[Block]:
    with open_stream(file.path, packed=bool(file.packing)) as stream:
        head = read_some(stream, file.path, TEXT_BYTES + 1)
        if len(head) <= TEXT_BYTES:
            try:
                yield Block(file, decode(head, where=str(file.path)), 0, len(head))
            except BrokenError as error:
                yield Block(file, "", 0, len(head), (f"{file.path}: {error.code.value}",))
            return
        yield from _pieces(file, head, stream)


def _pieces(file: File, head: bytes, stream: BinaryIO) -> Iterator[Block]:
    """A long text, UTF-8, in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, first, read = "", 0, head
    while True:
        try:
            held = rest + decoder.decode(read, final=not read)
        except UnicodeDecodeError:
            yield Block(file, "", first, len(read), (f"{file.path}: not UTF-8, and too long to tell its encoding",))
            return
        end = _paragraph(held) if read else len(held)
        if end:
            yield Block(file, held[:end], first, len(read))
        first, rest = first + end, held[end:]
        if not read:
            return
        read = read_some(stream, file.path, BLOCK_BYTES)


def _paragraph(text: str) -> int:
    """Where the last paragraph ends, or else the last line, or else the text."""
    return text.rfind("\n\n") + 2 if "\n\n" in text else text.rfind("\n") + 1 or len(text)
