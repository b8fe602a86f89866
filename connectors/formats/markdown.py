"""Markdown with YAML front matter: the body is the text, `fields` name front-matter keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import yaml

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode
from connectors.formats.rows import named
from connectors.formats.whole import one_document, read_all
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode

_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_FRONT_AT_MOST = 64 << 10  # characters; a file that begins with a rule ("---") and no second one is all body
# The base loader resolves no types: every scalar stays the string that was written, so that an id of 0123 is not 83.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


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


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """The front matter as a mapping, empty when there is none, and the body without leading blank lines."""
    found = _FRONT.match(text, 0, _FRONT_AT_MOST) if text.startswith("---") else None
    if not found:
        return {}, text
    try:
        front = yaml.load(found.group(1), _LOADER)
    except yaml.YAMLError as error:
        raise BrokenError(ErrorCode.BAD_RECORD, "YAML front matter", offset=0, length=found.end()) from error
    if front is not None and not isinstance(front, Mapping):
        raise BrokenError(ErrorCode.BAD_RECORD, "YAML front matter is no mapping", offset=0, length=found.end())
    return front or {}, text[found.end() :].lstrip("\r\n")
