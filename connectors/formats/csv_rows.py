"""Rows of a delimited file with the bytes they span.

Python's csv module decides what a row is. A stretch of lines that are each one row is parsed at once; where a row
spans lines or something is wrong, rows are taken one by one, and lines are remembered until their row is settled: a
row that cannot be right gives back all but its first line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from connectors.formats.contract import Broken
from connectors.formats.lines import Lines
from governance.records.errors import ErrorCode

_SENTINEL = "\x1e"  # after the last line: swallowed when that line leaves a quote open
_LINES_AT_MOST = 100_000  # of one row; a quote that never closes would hold a file in memory (1.8 GB for 100 MB)


class _RunawayError(Exception):
    """A row goes on for too many lines."""


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart; `quote` "" when quotes mean nothing."""

    delimiter: str
    quote: str
    codec: str

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """A csv.reader over physical lines."""
        if self.quote:
            return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote)
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)


@dataclass
class Rows:
    """Rows in order, as columns: number in the file from 0, cells, first byte, bytes."""

    numbers: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


class RowReader:
    """Reads a header, then the rows.

    Attributes:
        width: cells a row must have; None accepts any.
    """

    def __init__(self, blocks: Iterator[Lines | Broken], dialect: Dialect) -> None:
        self.width: int | None = None
        self._blocks, self._dialect = blocks, dialect
        self._texts: list[str] = []
        self._places: list[tuple[int, int]] = []  # offset and length of each line
        self._undecoded: set[int] = set()  # offsets of lines that are not in the encoding
        self._first = self._next = 0  # the row's first line, and the line after its last
        self._cut = False  # csv.reader met the end of the file inside the row
        self._number = 0
        self._too_long: list[Broken] = []
        self._reader = dialect.reader(self)

    def take(self) -> tuple[list[str] | ErrorCode, int, int] | None:
        """The next row that is not blank, with offset and length; None at the end."""
        while (cells := self._parse()) is not None:
            row = self._settle(cells)
            if row[0]:
                self._number += 1
                return row
        return None

    def untake_first(self) -> None:
        """Goes back before the first row, which turned out to be no header."""
        self._first = self._next = self._number = 0

    def rows(self) -> Iterator[Rows]:
        """All further rows, a stretch at a time; those that are broken beside them."""
        while self._first < len(self._texts) or self._load():
            rows = self._stretch() or self._one_by_one()
            rows.broken += self._too_long
            self._too_long = []
            yield rows

    def start_numbering(self) -> None:
        """The next row is number 0."""
        self._number = 0

    def _load(self) -> bool:
        """Remembers the lines of the next block; whether there was one."""
        for block in self._blocks:
            if isinstance(block, Broken):
                self._too_long.append(block)
                continue
            del self._texts[: self._first], self._places[: self._first]
            self._next, self._first = self._next - self._first, 0
            self._places += zip(block.offsets, block.lengths, strict=True)
            self._texts += self._decode(block)
            return True
        return False

    def _decode(self, block: Lines) -> list[str]:
        try:
            return b"\n".join(block.texts).decode(self._dialect.codec).split("\n")
        except UnicodeDecodeError:
            return list(map(self._decode_line, block.texts, block.offsets))

    def _decode_line(self, line: bytes, offset: int) -> str:
        try:
            return line.decode(self._dialect.codec)
        except UnicodeDecodeError:
            self._undecoded.add(offset)
            return line.decode(self._dialect.codec, "replace")

    def _stretch(self) -> Rows | None:
        """All remembered lines as rows, when each line is one row; else None."""
        texts, places = self._texts[self._first :], self._places[self._first :]
        if self._undecoded:
            return None
        try:
            cells = list(self._dialect.reader(chain(texts, [_SENTINEL])))
        except csv.Error:
            return None
        if len(cells) != len(texts) + 1 or cells.pop() != [_SENTINEL]:
            return None
        self._first = self._next = len(self._texts)
        return self._checked(cells, places)

    def _checked(self, cells: list[list[str]], places: list[tuple[int, int]]) -> Rows:
        if not all(cells):
            kept = [row for row, values in enumerate(cells) if values]
            cells, places = [cells[row] for row in kept], [places[row] for row in kept]
        numbers = list(range(self._number, self._number + len(cells)))
        self._number += len(cells)
        if self.width is None or set(map(len, cells)) <= {self.width}:
            return Rows(numbers, cells, [p[0] for p in places], [p[1] for p in places])
        rows = Rows()
        for number, values, place in zip(numbers, cells, places, strict=True):
            self._add(rows, number, (self._judge(values), *place))
        return rows

    def _one_by_one(self) -> Rows:
        """Rows until the remembered lines are used up."""
        rows = Rows()
        number = self._number
        while self._first < len(self._texts) and (row := self.take()):
            self._add(rows, number, row)
            number = self._number
        return rows

    @staticmethod
    def _add(rows: Rows, number: int, row: tuple[list[str] | ErrorCode, int, int]) -> None:
        cells, offset, length = row
        if isinstance(cells, ErrorCode):
            rows.broken.append(Broken("document", cells, offset, length, f"#{number}"))
            return
        rows.numbers.append(number)
        rows.cells.append(cells)
        rows.offsets.append(offset)
        rows.lengths.append(length)

    def __iter__(self) -> RowReader:
        return self

    def __next__(self) -> str:
        """The next physical line for csv.reader, which asks again after an end that was taken back."""
        if self._next - self._first >= _LINES_AT_MOST:
            raise _RunawayError
        if self._next == len(self._texts) and not self._load():
            self._cut = self._next > self._first
            raise StopIteration
        self._next += 1
        return self._texts[self._next - 1] + "\n"

    def _parse(self) -> list[str] | ErrorCode | None:
        self._cut = False
        try:
            return next(self._reader, None)
        except _RunawayError:
            return ErrorCode.BAD_RECORD
        except csv.Error as error:
            return ErrorCode.RECORD_TOO_LARGE if "field limit" in str(error) else ErrorCode.BAD_RECORD

    def _settle(self, cells: list[str] | ErrorCode) -> tuple[list[str] | ErrorCode, int, int]:
        """Decides on the row just parsed, and gives lines back when it cannot be right."""
        places = self._places[self._first : self._next]
        if self._undecoded and any(offset in self._undecoded for offset, _ in places):
            cells = ErrorCode.BAD_ENCODING
        elif isinstance(cells, list) and cells:
            cells = ErrorCode.BAD_RECORD if self._cut else self._judge(cells)
        if isinstance(cells, ErrorCode):
            self._next = self._first + 1
            del places[1:]
        self._first = self._next
        offset, last = places[0][0], places[-1]
        return cells, offset, last[0] + last[1] - offset

    def _judge(self, cells: list[str]) -> list[str] | ErrorCode:
        return cells if self.width in (None, len(cells)) else ErrorCode.BAD_RECORD
