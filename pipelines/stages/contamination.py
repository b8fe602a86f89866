"""Contamination: the benchmark items of a plan, looked for in the rows of a shard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from governance.records.ids import content_name
from pipelines.stages.cutting import MARKS, decision, without
from pipelines.tasks import Context
from transforms.decontaminate.index import Index
from transforms.decontaminate.match import contaminated
from transforms.dedup.passages import Level, find

RULE = "benchmark_overlap@1"
_LEVELS: tuple[Level, ...] = ("line", "paragraph")


@dataclass(frozen=True)
class Findings:
    """What was found in a batch: which rows stay, decisions on those that do not, and marks (MARKS) to cut."""

    stays: pa.Array
    decisions: list[dict[str, Any]]
    marks: pa.Table


@dataclass(frozen=True)
class Contamination:
    """One index over every suite of the plan.

    `left_at_least`: code points that must be left of a document whose contaminated passages are cut; None drops the
    document instead.
    """

    index: Index
    left_at_least: int | None = None

    @classmethod
    def load(cls, context: Context) -> Contamination | None:
        """The plan's index, or None when the recipe names no suite."""
        plan = context.plan
        if not plan.benchmarks:
            return None
        path = context.path(plan.work_zone, "benchmarks", plan.benchmarks["digest"], ".index")
        settings = plan.recipe.decontaminate
        left = settings.left_at_least if settings.action == "cut" else None
        return cls(Index.from_bytes(path.read_bytes()), left)

    def search(self, rows: pa.Table, source: str) -> Findings:
        """Contaminated rows with their evidence: how much of which item, never its text.

        Where the recipe cuts, the lines that hold an item by themselves go, or else the paragraphs; a document that is
        still contaminated without them is dropped. `related` is the hash of suite and item id, which `malmoi trace`
        resolves for those who hold the suite.
        """
        text = rows["text"].combine_chunks()
        evidence = self._evidence(text)
        lost, marks = evidence["row"].unique().sort().to_numpy().astype(np.int64), [MARKS.empty_table()]
        for level in _LEVELS if self.left_at_least is not None else ():
            lost, found = self._cuttable(text, lost, level)
            marks.append(found)
        stays = np.ones(rows.num_rows, bool)
        stays[lost] = False
        worst = evidence.filter(pl.col("row").is_in(lost.tolist())).unique("row", keep="first", maintain_order=True)
        ids = rows["doc_id"]
        decisions = [
            decision(ids[e["row"]].as_py(), source, RULE, "dropped", e["share"], self.index.share, *_named(e))
            for e in worst.iter_rows(named=True)
        ]
        return Findings(pa.array(stays), decisions, pa.concat_tables(marks))

    def _evidence(self, text: pa.LargeStringArray) -> pl.DataFrame:
        """Items found in each row, the largest share first."""
        return pl.DataFrame(contaminated(text, self.index)).sort(
            "row", "share", "item", descending=[False, True, False]
        )

    def _cuttable(self, text: pa.LargeStringArray, rows: np.ndarray, level: Level) -> tuple[np.ndarray, pa.Table]:
        """Rows that stay contaminated without the passages that hold an item by themselves; marks of the others."""
        if not len(rows):
            return rows, MARKS.empty_table()
        part = text.take(pa.array(rows))
        marks = self._marks(part, level)
        still = np.unique(contaminated(without(part, marks), self.index)["row"].to_numpy())
        marks = marks.filter(pa.array(~np.isin(marks["row"].to_numpy(), still)))
        return rows[still], marks.set_column(0, "row", pa.array(rows[marks["row"].to_numpy()]))

    def _marks(self, text: pa.LargeStringArray, level: Level) -> pa.Table:
        """Passages that hold an item, one mark each, with the item of which they hold most."""
        places = pl.DataFrame(find(text, np.arange(len(text), dtype=np.int64), level=level, min_chars=1))
        whole = [value.encode() for value in text.to_pylist()]
        passages = [whole[row][begin:end].decode() for row, begin, end in places.select("doc", "begin", "end").rows()]
        found = self._evidence(pa.array(passages, pa.large_string())).unique("row", keep="first", maintain_order=True)
        at = places[found["row"].to_list()]
        suites, items = zip(*map(_named, found.iter_rows(named=True)), strict=True) if len(found) else ((), ())
        said = [pa.array(suites, pa.string()), pa.array(items, pa.string())]
        same = [pa.array([RULE] * len(found), pa.string()), found["share"].to_arrow()]
        bounds = [pa.array([value] * len(found)) for value in (self.index.share, self.left_at_least)]
        columns = [*(at[name].to_arrow() for name in ("doc", "begin", "end")), *same, bounds[0], *said, bounds[1]]
        return pa.table([c.cast(f.type) for c, f in zip(columns, MARKS, strict=True)], schema=MARKS)


def _named(evidence: dict[str, Any]) -> tuple[str, str]:
    """Suite, and the hash that stands for the item."""
    return evidence["suite"], content_name([evidence["suite"], evidence["item"]])
