"""Markdown with YAML front matter: the body is the text, `fields` name front-matter keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode
from connectors.formats.front_matter import split_front_matter
from connectors.formats.rows import named
from connectors.formats.whole import one_document, read_all
from connectors.spec import SourceSpec


class MarkdownOptions(Options):
    """Options of Markdown.

    Attributes:
        date_format: strptime format of `published_at`; None reads ISO 8601.
    """

    date_format: str | None = None


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the file as one document.

    Raises:
        BrokenError: BAD_RECORD when the front matter is no YAML mapping.
    """
    if split.start > 0:
        return
    data = read_all(handle, limits.max_record_bytes)
    front, body = split_front_matter(decode(data, spec.encoding))
    found = {column: named(name).careful(front) for column, name in spec.other_fields().items()}
    yield from one_document(body, found, len(data), options_of(spec, MarkdownOptions).date_format)
