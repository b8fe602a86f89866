"""CSV and TSV: a record a row, line breaks inside quotes included.

A row with another number of cells than the header is one broken document. A quote that never closes would swallow
every later row: such a row breaks only its first line, and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO

import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.lines import BLOCK_BYTES, Lines, line_encoding, read_lines
from connectors.formats.rows import Places, Shape, batches
from connectors.formats.times import parser
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode


class CsvOptions(Options):
    """Options of CSV and TSV.

    Attributes:
        delimiter: one character; None is a comma.
        header: True when the first row names the columns, False to name them "0", "1", ..., or the names.
        quote: the quoting character; "" when quotes mean nothing.
        date_format: strptime format of `published_at`; None reads ISO 8601.
    """

    delimiter: str | None = None
    header: bool | tuple[str, ...] = True
    quote: str = '"'
    date_format: str | None = None


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the rows of a comma-separated file. Locators are "#<row>", from 0, the header left out.

    Raises:
        BrokenError: MISSING_FIELD when no column of the text is in the header.
    """
    yield from _read(handle, spec, split, limits, ",")


def read_tsv(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """As `read`, with a tab between cells unless an option says otherwise."""
    yield from _read(handle, spec, split, limits, "\t")


def _read(
    handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits, delimiter: str
) -> Iterator[pa.RecordBatch | Broken]:
    if split.start > 0:
        return
    options = options_of(spec, CsvOptions)
    encoding = line_encoding(handle, spec.encoding)
    lines = read_lines(handle, encoding, split, limits, blank=True)
    rows = _Rows(lines, encoding.codec, options, options.delimiter or delimiter, limits)
    if rows.names:
        yield from _batches(rows, _shape(spec, options, rows.names), limits)
    yield from rows.too_long


@dataclass(frozen=True)
class _Line:
    text: str
    offset: int
    length: int
    decoded: bool


@dataclass(frozen=True)
class _Row:
    """The cells of a row, or why there are none, and where it stands."""

    cells: list[str] | ErrorCode
    offset: int
    length: int


class _Rows:
    """Rows with the bytes they span; physical lines are remembered until their row is settled, to go back to."""

    def __init__(
        self, blocks: Iterator[Lines | Broken], codec: str, options: CsvOptions, delimiter: str, limits: Limits
    ) -> None:
        self._blocks, self._codec, self._quote = blocks, codec, options.quote
        self._lines: list[_Line] = []
        self._first = self._next = 0  # the row's first line, and the line after its last
        self._ended = False
        self.too_long: list[Broken] = []
        csv.field_size_limit(limits.max_record_bytes)  # of the whole process: the module has no other way
        if options.quote:
            self._reader = csv.reader(self, delimiter=delimiter, quotechar=options.quote)
        else:
            self._reader = csv.reader(self, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        self._width: int | None = None
        self.names = self._names(options.header)

    def _names(self, header: bool | tuple[str, ...]) -> list[str]:
        if not isinstance(header, bool):
            self._width = len(header)
            return list(header)
        row = next(self.rows(), None)
        if row is None:
            return []
        if isinstance(row.cells, ErrorCode):
            raise BrokenError(row.cells, "the first row", offset=row.offset, length=row.length)
        self._width = len(row.cells)
        if header:
            return [name.strip() for name in row.cells]
        self._first = self._next = 0  # the first row is data: read it again
        return [str(column) for column in range(len(row.cells))]

    def __iter__(self) -> _Rows:
        return self

    def __next__(self) -> str:
        """The next physical line for csv.reader, which asks again after an end that was taken back."""
        while self._next == len(self._lines):
            self._load()
        self._next += 1
        return self._lines[self._next - 1].text

    def _load(self) -> None:
        block = next(self._blocks, None)
        if block is None:
            self._ended = True
            raise StopIteration
        if isinstance(block, Broken):
            self.too_long.append(block)
            return
        self._lines = self._lines[self._first :]
        self._next, self._first = self._next - self._first, 0
        view = zip(block.starts, block.ends, strict=True)
        self._lines += [_line(block.data[a:b], block.offset + a, self._codec) for a, b in view]

    def rows(self) -> Iterator[_Row]:
        """Rows that are not blank, in order."""
        while True:
            try:
                cells: list[str] | ErrorCode | None = next(self._reader, None)
            except csv.Error as error:
                cells = ErrorCode.RECORD_TOO_LARGE if "field limit" in str(error) else ErrorCode.BAD_RECORD
            if cells is None:
                return
            row = self._settle(cells)
            if row.cells:
                yield row

    def _settle(self, cells: list[str] | ErrorCode) -> _Row:
        span = self._lines[self._first : self._next]
        if cells and not all(line.decoded for line in span):
            cells = ErrorCode.BAD_ENCODING
        elif isinstance(cells, list) and cells and (self._wrong_width(cells) or self._unclosed(span)):
            cells = ErrorCode.BAD_RECORD
        if isinstance(cells, ErrorCode) and len(span) > 1:
            del span[1:]
            self._next = self._first + 1
        self._first = self._next
        last = span[-1]
        return _Row(cells, span[0].offset, last.offset + last.length - span[0].offset)

    def _wrong_width(self, cells: list[str]) -> bool:
        return self._width is not None and len(cells) != self._width

    def _unclosed(self, span: list[_Line]) -> bool:
        """Whether the item ended inside quotes, where csv.reader hands out what it has."""
        at_end = self._quote and self._next == len(self._lines) and (len(span) > 1 or self._ended)
        return bool(at_end) and self._ended and sum(line.text.count(self._quote) for line in span) % 2 == 1


def _line(line: bytes, offset: int, codec: str) -> _Line:
    try:
        return _Line(line.decode(codec) + "\n", offset, len(line), True)
    except UnicodeDecodeError:
        return _Line(line.decode(codec, "replace") + "\n", offset, len(line), False)


def _shape(spec: SourceSpec, options: CsvOptions, names: list[str]) -> Shape:
    place = {name: column for column, name in enumerate(names)}
    texts = [place[name] for name in spec.text_fields() if name in place]
    if not texts:
        raise BrokenError(ErrorCode.MISSING_FIELD, f"no column {' or '.join(spec.text_fields())} in the header")
    others = {column: itemgetter(place[name]) for column, name in spec.other_fields().items() if name in place}
    return Shape(
        tuple(itemgetter(column) for column in texts), others, spec.separator, parser(options.date_format), list
    )


def _batches(rows: _Rows, shape: Shape, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    held: list[tuple[int, _Row]] = []
    held_bytes = 0
    for number, row in enumerate(rows.rows()):
        if isinstance(row.cells, ErrorCode):
            yield Broken("document", row.cells, row.offset, row.length, f"#{number}")
            continue
        held.append((number, row))
        held_bytes += row.length
        if len(held) == limits.batch_rows or held_bytes > BLOCK_BYTES:
            yield from _batch(held, shape, limits)
            held, held_bytes = [], 0
    yield from _batch(held, shape, limits)


def _batch(held: list[tuple[int, _Row]], shape: Shape, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    places = Places([f"#{number}" for number, _ in held], [r.offset for _, r in held], [r.length for _, r in held])
    yield from batches([row.cells for _, row in held], places, shape, limits)
