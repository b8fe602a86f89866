"""Cutting: passages that come back, and those that hold benchmark items, leave the text; what is left is judged.

Both cut whole lines or paragraphs in the same way, and both write down where, why and in how many documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.records.schemas import CUT
from pipelines.stages.index import numbers
from pipelines.tasks import Context
from transforms.dedup.passages import cut

STAGE = "protect"
LEFT_RULE = "text_left@1"

# Where a passage stands and why it goes: row of the batch, half-open UTF-8 bytes of its text, and what a CUT says.
MARKS = pa.schema(
    [
        ("row", pa.int64()),
        ("begin", pa.int64()),
        ("end", pa.int64()),
        ("rule", pa.string()),
        ("measured", pa.float64()),
        ("bound", pa.float64()),
        ("code", pa.string()),
        ("related", pa.string()),
        ("left", pa.int64()),  # code points that must be left of the document
    ]
)


@dataclass(frozen=True)
class Place:
    """Rows [start, stop) of a Repeats task: the passages to cut in one judged file, and a digest of them."""

    name: str
    start: int
    stop: int
    digest: str


@dataclass(frozen=True)
class Outcome:
    """What cutting left: the rows that stay, decisions on documents, each cut (schema CUT), and code points cut."""

    rows: pa.Table
    decisions: list[dict[str, Any]]
    cuts: pa.Table
    chars: int


@dataclass(frozen=True)
class Repeated:
    """Passages to cut of one judged file."""

    places: pl.DataFrame

    @classmethod
    def load(cls, context: Context, zone: str, places: Sequence[Place]) -> Repeated | None:
        """Reads what Repeats decided on one file; None where it decided nothing."""
        parts = [
            rows
            for place in places
            for rows in context.rows(zone, context.path(zone, "repeats", place.name), (place.start, place.stop))
        ]
        return cls(pl.DataFrame(pa.concat_tables(parts))) if parts else None

    def marks(self, context: Context, file: int, rows: np.ndarray) -> pa.Table:
        """MARKS of a batch.

        Args:
            rows: int64, staged row of each of its documents, ascending.
        """
        settings = context.plan.recipe.deduplicate
        rules = settings.passages
        documents = numbers(file, rows)
        here = self.places.filter(pl.col("document").is_in(pl.Series(documents).implode()))
        number = here["rule"].to_list()
        return pa.table(
            {
                "row": np.searchsorted(documents, here["document"].to_numpy()),
                "begin": here["begin"].to_arrow(),
                "end": here["end"].to_arrow(),
                "rule": pa.array([rules[n].rule for n in number], pa.string()),
                "measured": here["documents"].cast(pl.Float64).to_arrow(),
                "bound": pa.array([float(rules[n].at_least_documents) for n in number], pa.float64()),
                "code": pa.nulls(len(here), pa.string()),
                "related": here["first"].to_arrow(),
                "left": pa.array(np.full(len(here), settings.left_at_least)),
            }
        ).cast(MARKS)


def cut_marked(rows: pa.Table, marks: pa.Table, source: str) -> Outcome:
    """The rows without the marked passages; a document of which too little is left is dropped.

    Args:
        rows: columns doc_id and text (large_string, no nulls), and any others.
        marks: schema MARKS; places of one document may overlap.
    """
    if not marks.num_rows:
        return Outcome(rows, [], CUT.empty_table(), 0)
    whole = rows["text"].combine_chunks()
    text = without(whole, marks)
    wanted = np.zeros(rows.num_rows, np.int64)
    # A document that was cut to nothing goes whatever the recipe says.
    np.maximum.at(wanted, marks["row"].to_numpy(), np.maximum(marks["left"].to_numpy(), 1))
    left = pc.utf8_length(text).to_numpy()
    stays = left >= wanted
    decisions = _cut_decisions(rows["doc_id"], marks, source)
    for row in np.flatnonzero(~stays).tolist():
        said = (float(left[row]), float(wanted[row]))
        decisions.append(decision(rows["doc_id"][row].as_py(), source, LEFT_RULE, "dropped", *said))
    cuts = _cuts(rows["doc_id"], whole, marks)
    gone = int(pc.sum(pc.utf8_length(whole)).as_py() - left.sum())
    rows = rows.set_column(rows.schema.get_field_index("text"), "text", text).filter(pa.array(stays))
    return Outcome(rows, decisions, cuts, gone)


def without(text: pa.LargeStringArray, marks: pa.Table) -> pa.LargeStringArray:
    """The text without the marked places, and without the blanks that they leave at its ends.

    Args:
        marks: columns row, begin and end, as in MARKS.
    """
    touched = np.zeros(len(text), bool)
    touched[marks["row"].to_numpy()] = True
    left = _without(text, marks)
    return pc.if_else(pa.array(touched), pc.utf8_trim_whitespace(left), left)


def _without(text: pa.LargeStringArray, marks: pa.Table) -> pa.LargeStringArray:
    """Places that overlap are one."""
    ends = pl.DataFrame(marks.select(["row", "begin", "end"])).sort("row", "begin", "end")
    reached = pl.col("end").cum_max().shift(1).over("row")
    apart = (pl.col("begin") > reached).fill_null(True).cum_sum()
    joined = ends.group_by(pl.col("row"), apart.alias("place"), maintain_order=True).agg(
        pl.col("begin").min(), pl.col("end").max()
    )
    places = joined.select(doc="row", begin="begin", end="end").to_arrow()
    return cut(text, np.arange(len(text), dtype=np.int64), places)


def _cuts(ids: pa.ChunkedArray, text: pa.LargeStringArray, marks: pa.Table) -> pa.Table:
    """Every mark as the ledger keeps it, in code points."""
    offsets = np.frombuffer(text.buffers()[1], np.int64, len(text) + 1, 8 * text.offset)
    data = np.frombuffer(text.buffers()[2] or b"", np.uint8)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum((data & 0xC0) != 0x80)])
    rows = marks["row"].to_numpy()
    begins = offsets[rows]
    columns = {
        "doc_id": ids.take(marks["row"]),
        "rule": marks["rule"],
        "start": starts[begins + marks["begin"].to_numpy()] - starts[begins],
        "end": starts[begins + marks["end"].to_numpy()] - starts[begins],
        **{name: marks[name] for name in ("measured", "code", "related")},
    }
    return pa.table(columns).cast(CUT)


def _cut_decisions(ids: pa.ChunkedArray, marks: pa.Table, source: str) -> list[dict[str, Any]]:
    """One decision for each document and rule, with the largest of what was measured."""
    most = (
        pl.DataFrame(marks)
        .sort("row", "rule", "measured", "related", descending=[False, False, True, False])
        .unique(["row", "rule"], keep="first", maintain_order=True)
    )
    return [
        decision(ids[m["row"]].as_py(), source, m["rule"], "cut", m["measured"], m["bound"], m["code"], m["related"])
        for m in most.iter_rows(named=True)
    ]


def decision(doc_id: str, source: str, rule: str, outcome: str, *said: Any) -> dict[str, Any]:
    """A row of the ledger, of Protect; `said` is measured, bound, code and related, as far as they are known."""
    names = ("measured", "bound", "code", "related")
    named = {"doc_id": doc_id, "source": source, "stage": STAGE, "rule": rule, "outcome": outcome}
    return named | dict(zip(names, said, strict=False))
