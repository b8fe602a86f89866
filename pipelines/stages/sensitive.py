"""Sensitive subjects of the documents of a shard: found in text and title, counted in the row, dropped where asked.

The text is the staged one, without what was cut and before anything was replaced, so that places are counted as those
of spans are, and no surrogate makes or hides a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.records.schemas import SENTENCE
from transforms.pii.sensitive import LABEL, Sensitive, sensitive_sentences, sensitive_tags

FIELDS = ("text", "title")
_FOUND = pa.schema([*(SENTENCE.field(name) for name in ("field", "category", "start", "end")), ("row", pa.int32())])


@dataclass(frozen=True)
class Tagged:
    """What the documents of a batch speak of.

    Attributes:
        tags: type SENSITIVE, one a document.
        found: schema _FOUND: each sentence with the row of its document.
    """

    tags: pa.Array
    found: pa.Table

    def filter(self, stays: pa.Array) -> Tagged:
        """Of the documents that stay, with the rows that they have then."""
        kept = stays.to_numpy(zero_copy_only=False)
        rows = self.found["row"].to_numpy()
        mine = self.found.filter(pa.array(kept[rows]))
        number = pa.array((np.cumsum(kept) - 1)[rows[kept[rows]]], pa.int32())
        return Tagged(self.tags.filter(stays), mine.drop_columns("row").append_column("row", number))

    def sentences(self, doc_ids: pa.Array) -> pa.Table:
        """Schema SENTENCE."""
        columns = {name: self.found[name] for name in ("field", "category", "start", "end")}
        columns["doc_id"] = doc_ids.take(self.found["row"].combine_chunks())
        columns["recogniser"] = pa.repeat(pa.scalar(LABEL), self.found.num_rows)
        return pa.table({name: columns[name] for name in SENTENCE.names}).cast(SENTENCE)

    def over(self, at_most: Mapping[Sensitive, int]) -> list[tuple[int, str, int, int]]:
        """(row, category, sentences, bound) of each document with more than a bound allows: its first such category."""
        if not at_most:
            return []
        found = []
        for row, entries in enumerate(self.tags.to_pylist()):
            counts = {entry["category"]: entry["sentences"] for entry in entries}
            over = [
                (name.value, counts[name.value])
                for name in Sensitive
                if counts.get(name.value, 0) > at_most.get(name, 1 << 31)
            ]
            found += [(row, *over[0], at_most[Sensitive(over[0][0])])] if over else []
        return found


def tag(fields: Mapping[str, pa.Array]) -> Tagged:
    """Reads the fields of FIELDS that are there."""
    tables = [_of_field(name, fields[name]) for name in FIELDS if name in fields]
    found = pa.concat_tables(tables).combine_chunks()
    rows, categories = found["row"].to_numpy(), found["category"].combine_chunks()
    return Tagged(sensitive_tags(rows, categories, len(fields[FIELDS[0]])), found)


def _of_field(name: str, column: pa.Array) -> pa.Table:
    found = sensitive_sentences(column)
    named = found.append_column("field", pa.repeat(pa.scalar(name), found.num_rows))
    return named.select(_FOUND.names).cast(_FOUND)


def totals(tags: Sequence[pa.Array]) -> list[list[object]]:
    """[category, documents, sentences] of every category met, in the order of `Sensitive`."""
    documents: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    for batch in tags:
        for entry in pc.list_flatten(batch).to_pylist():
            documents[entry["category"]] += 1
            sentences[entry["category"]] += entry["sentences"]
    return [[c.value, documents[c.value], sentences[c.value]] for c in Sensitive if documents[c.value]]
