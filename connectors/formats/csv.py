"""CSV and TSV: a record a row, line breaks inside quotes included.

A row with another number of cells than the header is one broken document. A quote that never closes would swallow
every later row: such a row breaks only its first line, and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from operator import itemgetter
from typing import BinaryIO

import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.csv_rows import Dialect, RowReader
from connectors.formats.lines import LineSource
from connectors.formats.rows import Field, Places, Shape, batches
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
    source = LineSource(handle, spec.encoding, split, limits, blank=True)
    csv.field_size_limit(limits.max_record_bytes)  # of the whole process: the module has no other way
    reader = RowReader(iter(source), Dialect(options.delimiter or delimiter, options.quote, source.codec))
    names = _names(reader, options.header)
    if not names:
        return
    shape = _shape(spec, options, names)
    for rows in reader.rows():
        yield from rows.broken
        places = Places([f"#{number}" for number in rows.numbers], rows.offsets, rows.lengths)
        yield from batches(rows.cells, places, shape, limits)


def _names(rows: RowReader, header: bool | tuple[str, ...]) -> list[str]:
    """Names of the columns; the width of every row follows from them. Empty when there is no row."""
    if not isinstance(header, bool):
        rows.width = len(header)
        return list(header)
    first = rows.take()
    if first is None:
        return []
    cells, offset, length = first
    if isinstance(cells, ErrorCode):
        raise BrokenError(cells, "the first row", offset=offset, length=length)
    rows.width = len(cells)
    if header:
        rows.start_numbering()
        return [name.strip() for name in cells]
    rows.untake_first()
    return [str(column) for column in range(len(cells))]


def _shape(spec: SourceSpec, options: CsvOptions, names: list[str]) -> Shape:
    place = {name: column for column, name in enumerate(names)}
    texts = [_cell(place[name]) for name in spec.text_fields() if name in place]
    if not texts:
        raise BrokenError(ErrorCode.MISSING_FIELD, f"no column {' or '.join(spec.text_fields())} in the header")
    others = {column: _cell(place[name]) for column, name in spec.other_fields().items() if name in place}
    return Shape(tuple(texts), others, spec.separator, parser(options.date_format), list)


def _cell(column: int) -> Field:
    return Field(itemgetter(column), itemgetter(column))
