"""CoNLL-U treebanks: the sentences of the "# text" lines, alone or joined to the documents they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import BinaryIO

import pyarrow as pa

from connectors.formats.contract import Broken, Limits, Options, Split, options_of
from connectors.formats.encoding import decode
from connectors.formats.rows import Places, batches, raw_shape
from connectors.formats.whole import read_all
from connectors.spec import SourceSpec

_COMMENT = re.compile(r"^# (newdoc|sent_id|text)(?: id)?(?: = (.*))?$", re.MULTILINE)


class ConlluOptions(Options):
    """Options of CoNLL-U.

    Attributes:
        document: "sentence", or "group" to join neighbours whose sentence id matches `group` alike.
        group: regular expression whose first group is a document's id, read off a sentence id.
    """

    document: str = "sentence"
    group: str = r"^(.*?)[-_]?s?\d+$"


def read(handle: BinaryIO, spec: SourceSpec, split: Split, limits: Limits) -> Iterator[pa.RecordBatch | Broken]:
    """Reads sentences or documents; native ids are the treebank's, locators "#<record>", byte offsets unknown."""
    if split.start > 0:
        return
    options = options_of(spec, ConlluOptions)
    pairs = list(_sentences(decode(read_all(handle, limits.max_item_bytes), spec.encoding)))
    if options.document == "group":
        pairs = list(_grouped(pairs, re.compile(options.group), spec.separator))
    records = [{"native_id": name, "text": text} for name, text in pairs]
    unknown = [-1] * len(records)
    places = Places([f"#{row}" for row in range(len(records))], unknown, unknown)
    yield from batches(records, places, raw_shape(["native_id"]), limits)


def _sentences(text: str) -> Iterator[tuple[str | None, str]]:
    name: str | None = None
    for found in _COMMENT.finditer(text.replace("\r\n", "\n")):
        if found.group(1) == "sent_id":
            name = found.group(2)
        elif found.group(1) == "text":
            yield name, found.group(2) or ""
            name = None


def _grouped(
    pairs: list[tuple[str | None, str]], group: re.Pattern[str], separator: str
) -> Iterator[tuple[str | None, str]]:
    def document(pair: tuple[str | None, str]) -> str | None:
        found = group.match(pair[0] or "")
        return found.group(1) if found else pair[0]

    for name, members in groupby(pairs, document):
        yield name, separator.join(text for _, text in members)
