"""JSON Lines: one object a line. A line that cannot be read is one broken document; the others go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.lines import Lines, LineSource
from connectors.formats.rows import Places, batches, shape_of
from connectors.spec import SourceSpec
from governance.records.errors import ErrorCode


class JsonlOptions(Options):
    """Options of JSON Lines.

    Attributes:
        date_format: strptime format of `published_at`; None reads ISO 8601.
    """

    date_format: str | None = None


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the lines that begin in the split. Locators are "@<byte offset of the line>"."""
    source = LineSource(handle, spec.encoding, split, limits)
    shape = shape_of(spec, options_of(spec, JsonlOptions).date_format)
    for lines in source:
        if isinstance(lines, Broken):
            yield lines
            continue
        records, places, broken = parse_lines(lines, source.codec)
        yield from broken
        yield from batches(records, places, shape, limits)


def parse_lines(lines: Lines, codec: str) -> tuple[list[Any], Places, list[Broken]]:
    """The JSON values of some lines, their places, and what could not be parsed."""
    places = line_places(lines)
    if codec == "utf-8":
        try:
            return list(map(orjson.loads, lines.texts)), places, []
        except orjson.JSONDecodeError:
            pass  # at least one line is broken: go line by line to find which
    found = [_parse(line, codec) for line in lines.texts]
    broken = [places.broken(row, value) for row, value in enumerate(found) if isinstance(value, ErrorCode)]
    good = [(row, value[0]) for row, value in enumerate(found) if isinstance(value, list)]
    return [value for _, value in good], places.take([row for row, _ in good]), broken


def line_places(lines: Lines) -> Places:
    """Locators "@<offset>", offsets and lengths of lines."""
    return Places([f"@{offset}" for offset in lines.offsets], lines.offsets, lines.lengths)


def _parse(line: bytes, codec: str) -> list[Any] | ErrorCode | None:
    """The value in a list of one, why it is broken, or None for a line of white space."""
    try:
        text = line.decode(codec)
        return [orjson.loads(text)] if text.strip() else None
    except UnicodeDecodeError:
        return ErrorCode.BAD_ENCODING
    except orjson.JSONDecodeError:
        return ErrorCode.BAD_RECORD
