"""XML: elements as records, or the file as one; no entity is expanded, no DTD loaded, no network touched.

Names in `fields` and options are local names (any namespace) joined by "/", an attribute written "@name" at the end:
`기본정보/법령명_한글`, `@법령키`, `header/identifier`. `fields.text` names elements anywhere in the record; their texts
are joined in document order, so that the articles of a statute stay in place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
from lxml import etree

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode, named_inside
from connectors.formats.rows import Places, batches, raw_shape
from connectors.formats.whole import read_all
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ErrorCode


class XmlOptions(Options):
    """Options of XML.

    Attributes:
        record: local name of the elements that are records; "" when the file is one record.
        date_format: strptime format of `published_at`; None reads ISO 8601.
    """

    record: str = ""
    date_format: str | None = None


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads the records. Locators are "#<record>" from 0, "" when the file is one; byte offsets are unknown then.

    Raises:
        BrokenError: CORRUPT when the file is not well-formed, BAD_RECORD when it refers to entities.
    """
    if split.start > 0:
        return
    options = options_of(spec, XmlOptions)
    data = read_all(handle, limits.max_item_bytes)
    text = decode(data, spec.encoding, hint=named_inside(data)).encode()
    found = list(_records(text, spec, options))
    if options.record:
        unknown = [-1] * len(found)
        places = Places([f"#{row}" for row in range(len(found))], unknown, unknown)
    else:
        places = Places([""], [0], [len(data)])
    yield from batches(found, places, raw_shape(spec.other_fields(), options.date_format), limits)


def _records(data: bytes, spec: SourceSpec, options: XmlOptions) -> Iterator[dict[str, str | None]]:
    """One dictionary of RAW columns a record; each element is let go once it is read."""
    tag = f"{{*}}{options.record}" if options.record else None
    walk = etree.iterparse(
        io.BytesIO(data), events=("end",), tag=tag, encoding="utf-8",
        resolve_entities=False, load_dtd=False, no_network=True, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in walk:
            if tag:
                yield _record(element, spec)
                _forget(element)
        if not tag:
            yield _record(walk.root, spec)
    except etree.XMLSyntaxError as error:
        raise BrokenError(ErrorCode.CORRUPT, f"not well-formed at line {error.lineno}") from error


def _forget(element: etree._Element) -> None:
    element.clear(keep_tail=True)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _record(element: etree._Element, spec: SourceSpec) -> dict[str, str | None]:
    if next(element.iter(etree.Entity), None) is not None:
        raise BrokenError(ErrorCode.BAD_RECORD, "refers to entities, which are never expanded")
    record: dict[str, str | None] = {c: _value(element, path) for c, path in spec.other_fields().items()}
    pieces = ["".join(e.itertext()).strip() for e in element.iter(*(f"{{*}}{n}" for n in spec.text_fields()))]
    record["text"] = spec.separator.join(piece for piece in pieces if piece)
    return record


def _value(element: etree._Element, path: str) -> str | None:
    steps, _, attribute = path.partition("@")
    found = element.find("/".join(f"{{*}}{step}" for step in steps.strip("/").split("/"))) if steps else element
    if found is None:
        return None
    return found.get(attribute) if attribute else "".join(found.itertext()).strip() or None
