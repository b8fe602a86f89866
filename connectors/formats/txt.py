"""Plain text: the file is one document, or each line is (`records: lines`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Literal

import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode
from connectors.formats.jsonl import line_places
from connectors.formats.lines import Lines, LineSource
from connectors.formats.rows import Places, batches, raw_shape
from connectors.formats.whole import one_document, read_all
from connectors.spec import SourceSpec
from governance.records.errors import ErrorCode


class TxtOptions(Options):
    """Options of plain text.

    Attributes:
        records: "file" for one document a file, "lines" for one a line; blank lines are no documents.
    """

    records: Literal["file", "lines"] = "file"


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the file, locator "", or the lines that begin in the split, locators "@<byte offset>"."""
    if is_lines(spec):
        yield from _lines(handle, spec, split, limits)
    elif split.start == 0:
        data = read_all(handle, limits.max_record_bytes)
        yield from one_document(decode(data, spec.encoding), {}, len(data))


def is_lines(spec: SourceSpec) -> bool:
    """Whether each line is a document."""
    return options_of(spec, TxtOptions).records == "lines"


def _lines(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    source = LineSource(handle, spec.encoding, split, limits)
    for lines in source:
        if isinstance(lines, Broken):
            yield lines
            continue
        records, places, broken = _decode(lines, source.codec)
        yield from broken
        yield from batches(records, places, raw_shape(), limits)


def _decode(lines: Lines, codec: str) -> tuple[list[dict[str, str]], Places, list[Broken]]:
    places = line_places(lines)
    texts = [_text(line, codec) for line in lines.texts]
    broken = [places.broken(row, ErrorCode.BAD_ENCODING) for row, text in enumerate(texts) if text is None]
    good = [row for row, text in enumerate(texts) if text and not text.isspace()]
    return [{"text": texts[row] or ""} for row in good], places.take(good), broken


def _text(line: bytes, codec: str) -> str | None:
    try:
        return line.decode(codec)
    except UnicodeDecodeError:
        return None
