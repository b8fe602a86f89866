"""Scanning files: spans as JSON lines, and what was met in all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa

from pipelines.pii.blocks import Block, Columns, blocks, grouped
from pipelines.pii.files import File, size_of
from pipelines.pii.pool import ordered_map, workers_for
from pipelines.pii.reading import rows_of_group
from transforms.pii.keywords import keyword_of
from transforms.pii.scan import scan

_AROUND = 20  # code points on either side of a value that is shown


@dataclass(frozen=True)
class Wanted:
    """What to look for. `show` adds the value and its neighbours to each span."""

    columns: Columns
    at_least: int
    kinds: tuple[str, ...] | None = None
    show: bool = False


@dataclass
class Totals:
    """What was met; adds up over blocks.

    Attributes:
        bytes: of the files, unpacked.
        spans: of each kind.
        holding: documents with at least one span of a kind; a text read in pieces counts once a piece.
        broken: places that could not be read, each with the reason.
    """

    documents: int = 0
    bytes: int = 0
    spans: Counter[str] = field(default_factory=Counter)
    holding: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Totals) -> None:
        """Adds another block's."""
        self.documents += other.documents
        self.bytes += other.bytes
        self.spans.update(other.spans)
        self.holding.update(other.holding)
        self.broken += other.broken


def scan_files(files: Sequence[File], wanted: Wanted, totals: Totals, *, workers: int | None = None) -> Iterator[str]:
    """JSON lines of spans, some at a time, in the order of files and documents; `totals` is filled meanwhile.

    Raises:
        MalmoiError, ConfigError: as `blocks`.
    """
    read = blocks(files, wanted.columns, whole_rows=False)
    for lines, met in ordered_map(
        partial(scan_group, wanted), grouped(read), workers=workers_for(size_of(files), workers)
    ):
        totals.add(met)
        if lines:
            yield lines


def scan_group(wanted: Wanted, group: Sequence[Block]) -> tuple[str, Totals]:
    """The spans of some blocks as JSON lines, and their totals."""
    rows, shifts = rows_of_group(group, wanted.columns)
    # A further piece of a text is no further document.
    totals = Totals(sum(not shift for shift in shifts), sum(block.bytes for block in group), broken=rows.broken)
    lines: list[tuple[int, str]] = []
    holding: set[tuple[int, str]] = set()
    for name, texts in rows.texts.items():
        found = scan(texts, kinds=wanted.kinds, at_least=wanted.at_least).to_pylist()
        for span in found:
            totals.spans[span["kind"]] += 1
            holding.add((span["row"], span["kind"]))
        said = _lines((rows.ids, shifts), name, texts, found, show=wanted.show)
        lines += zip([span["row"] for span in found], said, strict=True)
    totals.holding.update(kind for _, kind in holding)
    lines.sort(key=lambda line: line[0])
    return "".join(line for _, line in lines), totals


def _lines(
    documents: tuple[Sequence[str], Sequence[int]],
    name: str,
    texts: pa.Array,
    found: Sequence[Mapping[str, Any]],
    *,
    show: bool,
) -> Iterator[str]:
    ids, shifts = documents
    row, text = -1, ""
    for span in found:
        if span["row"] != row:
            row = span["row"]
            text = texts[row].as_py()
        start, end = span["start"], span["end"]
        said = {
            "doc": ids[row],
            "field": name,
            "kind": span["kind"],
            "start": start + shifts[row],
            "end": end + shifts[row],
            "score": span["score"],
            "recogniser": span["recogniser"],
            "keyword": keyword_of(span["recogniser"], text, start),
        }
        if show:
            said |= {
                "value": text[start:end],
                "before": text[max(0, start - _AROUND) : start],
                "after": text[end : end + _AROUND],
            }
        yield json.dumps(said, ensure_ascii=False) + "\n"
