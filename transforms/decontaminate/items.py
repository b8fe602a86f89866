"""Benchmark items as ids and texts, read from the files their publishers ship."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.errors import ConfigError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """Items of one suite.

    Attributes:
        suite: name of the benchmark, as evidence names it.
        ids: one a text; unique within the suite.
        texts: what must not stand in a corpus: the fields of an item, one a line.
    """

    suite: str
    ids: tuple[str, ...]
    texts: pa.LargeStringArray

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.texts):
            raise ConfigError(f"suite {self.suite}: {len(self.ids)} ids for {len(self.texts)} texts")
        if len(set(self.ids)) != len(self.ids):
            raise ConfigError(f"suite {self.suite}: an item id stands twice; ids must be unique within a suite")


@dataclass(frozen=True)
class Layout:
    """Where a published file keeps an item: the column of its id (None: the row's number) and those of its text."""

    name: str
    fields: tuple[str, ...]
    id: str | None = None


# The first layout whose columns a file has is taken. Sources: the files of the publishers' repositories.
LAYOUTS = (
    Layout("klue-nli", ("premise", "hypothesis"), "guid"),
    Layout("klue-sts", ("sentence1", "sentence2"), "guid"),
    Layout("klue-mrc", ("context", "question"), "guid"),
    Layout("klue-ynat", ("title",), "guid"),
    Layout("kobest-boolq", ("Text", "Question"), "ID"),
    Layout("kobest-boolq", ("paragraph", "question")),
    Layout("kobest-copa", ("sentence", "1", "2"), "ID"),
    Layout("kobest-copa", ("premise", "alternative_1", "alternative_2")),
    Layout("kobest-hellaswag", ("context", "choice1", "choice2", "choice3", "choice4")),
    Layout("kobest-hellaswag", ("context", "ending_1", "ending_2", "ending_3", "ending_4")),
    Layout("kobest-wic", ("SENTENCE1", "SENTENCE2"), "ID"),
    Layout("kobest-wic", ("context_1", "context_2")),
    Layout("kobest-sentineg", ("Text_origin", "Text"), "ID"),
    Layout("kobest-sentineg", ("Text",), "ID"),
    Layout("kor-sts", ("sentence1", "sentence2", "score")),
    Layout("kor-nli", ("sentence1", "sentence2")),
    Layout("text", ("text",), "id"),
    Layout("text", ("text",)),
)


def read_items(suite: str, data: bytes, kind: str, fields: Sequence[str] = ()) -> Items:
    """Items of a benchmark file.

    Args:
        data: the whole file.
        kind: json (an array), jsonl, tsv (a header line, no quoting) or parquet.
        fields: text columns, where the layout is none of LAYOUTS; ids are then row numbers.

    Raises:
        ConfigError: the kind or the layout is not known, or the bytes are not of that kind.
    """
    if kind not in READERS:
        raise ConfigError(f"suite {suite}: unknown kind {kind!r}; known: {', '.join(READERS)}")
    try:
        rows = READERS[kind](data)
    except (ValueError, pa.ArrowInvalid) as error:
        raise ConfigError(f"suite {suite}: the file is not {kind}, UTF-8") from error
    layout = _named(suite, tuple(fields), rows) if fields else _layout(suite, rows)
    return Items(suite, _ids(layout, rows), pa.array([_text(layout, row) for row in rows], pa.large_string()))


def _named(suite: str, fields: tuple[str, ...], rows: Sequence[Row]) -> Layout:
    missing = [f"suite {suite}: no column {field!r}" for field in fields if any(field not in row for row in rows)]
    if missing:
        raise ConfigError(missing)
    return Layout(suite, fields)


def _layout(suite: str, rows: Sequence[Row]) -> Layout:
    columns = set(rows[0]) if rows else set()
    for layout in LAYOUTS:
        if columns.issuperset(layout.fields) and (layout.id is None or layout.id in columns):
            return layout
    raise ConfigError(
        f"suite {suite}: no known layout has the columns {sorted(columns)}; name the text columns (fields)"
    )


def _ids(layout: Layout, rows: Sequence[Row]) -> tuple[str, ...]:
    """The publisher's ids where they are there and unique, row numbers from 1 otherwise."""
    given = [str(row[layout.id]) for row in rows] if layout.id else []
    return tuple(given) if given and len(set(given)) == len(given) else tuple(str(k + 1) for k in range(len(rows)))


def _text(layout: Layout, row: Row) -> str:
    return "\n".join(str(row[field]) for field in layout.fields if row.get(field) is not None)


def _json(data: bytes) -> list[Row]:
    loaded = json.loads(data)
    if isinstance(loaded, dict) and isinstance(loaded.get("data"), list):
        loaded = loaded["data"]
    if not isinstance(loaded, list) or not all(isinstance(row, dict) for row in loaded):
        raise ValueError("not an array of objects")
    return loaded


def _jsonl(data: bytes) -> list[Row]:
    return _json(b"[" + b",".join(line for line in data.splitlines() if line.strip()) + b"]")


def _tsv(data: bytes) -> list[Row]:
    lines: Iterable[str] = io.StringIO(data.decode("utf-8-sig"))
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def _parquet(data: bytes) -> list[Row]:
    return pq.read_table(pa.BufferReader(data)).to_pylist()


READERS: dict[str, Callable[[bytes], list[Row]]] = {"json": _json, "jsonl": _jsonl, "tsv": _tsv, "parquet": _parquet}
