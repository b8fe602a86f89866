"""The index of judged files: gives every staged row one 64-bit number, whatever order workers finished in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import polars as pl

from governance.records.ids import content_name
from governance.records.storage import write_bytes
from pipelines.plan import Plan
from pipelines.tasks import Context, Receipt

ROW_BITS = 32


@dataclass(frozen=True)
class Judged:
    """A judged file and the staged file it speaks of."""

    source: str
    zone: str
    staged: str
    judged: str
    rows: int
    kept: int
    text_bytes: int
    release: str | None = None  # that it was released in, for a file of an earlier run; none of it is kept anew


@dataclass(frozen=True)
class Index:
    """Judged files in a fixed order: by source as planned, then by name; then those of what is released already.

    A document is file << 32 | row.
    """

    files: tuple[Judged, ...]

    @property
    def name(self) -> str:
        """Content name: it changes when any file behind it does."""
        return content_name([[f.source, f.staged, f.judged, *([f.release] if f.release else [])] for f in self.files])

    @classmethod
    def of(cls, plan: Plan, receipts: Iterable[Receipt], released: Iterable[Judged] = ()) -> Index:
        """From Judge's receipts, in any order, and the files of what is released already."""
        order = {source.name: n for n, source in enumerate(plan.sources)}
        files = []
        for receipt in receipts:
            source, zone, staged, rows, text_bytes = receipt.out["staged"]
            files.append(Judged(source, zone, staged, receipt.name, rows, receipt.books["kept"], text_bytes))
        return cls((*sorted(files, key=lambda f: (order[f.source], f.staged)), *released))

    def first(self, release: str) -> int:
        """Number of the first file of what this release added."""
        return next(number for number, file in enumerate(self.files) if file.release == release)

    @cached_property
    def starts(self) -> np.ndarray:
        """Dense number of the first row of each file, and last the number of rows there are; int64."""
        return np.concatenate([np.zeros(1, np.int64), np.cumsum([f.rows for f in self.files], dtype=np.int64)])

    def dense(self, documents: np.ndarray) -> np.ndarray:
        """Numbers without gaps, in the same order: rows of all files counted through; int64."""
        return self.starts[file_of(documents)] + row_of(documents)

    def documents(self, dense: np.ndarray) -> np.ndarray:
        """Document numbers again."""
        starts = self.starts
        file = np.searchsorted(starts, dense, side="right") - 1
        return (file << ROW_BITS) | (dense - starts[file])

    def save(self, context: Context) -> None:
        """Keeps the index for the tasks of the later stages."""
        path = context.path(context.plan.work_zone, "index", self.name, ".json")
        if not path.exists():
            write_bytes(path, json.dumps([asdict(f) for f in self.files]).encode())

    @classmethod
    def load(cls, context: Context, name: str) -> Index:
        """Reads what `save` kept."""
        path = context.path(context.plan.work_zone, "index", name, ".json")
        return cls(tuple(Judged(**f) for f in json.loads(path.read_bytes())))


def numbers(file: int, rows: np.ndarray) -> np.ndarray:
    """Document numbers (int64) of rows of one file."""
    return (np.int64(file) << ROW_BITS) | rows.astype(np.int64)


def file_of(documents: np.ndarray) -> np.ndarray:
    """File of each document number."""
    return documents >> ROW_BITS


def row_of(documents: np.ndarray) -> np.ndarray:
    """Row of each document number."""
    return documents & np.int64((1 << ROW_BITS) - 1)


def in_file(column: str, file: int) -> pl.Expr:
    """Whether a column of document numbers lies in one file."""
    low = file << ROW_BITS
    return pl.col(column).is_between(low, low + (1 << ROW_BITS), closed="left")
