"""Contamination: the benchmark items of a plan, looked for in the rows of a shard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from governance.records.ids import content_name
from pipelines.tasks import Context
from transforms.decontaminate.index import Index
from transforms.decontaminate.match import contaminated

RULE = "benchmark_overlap@1"
STAGE = "protect"


@dataclass(frozen=True)
class Contamination:
    """One index over every suite of the plan."""

    index: Index

    @classmethod
    def load(cls, context: Context) -> Contamination | None:
        """The plan's index, or None when the recipe names no suite."""
        if not context.plan.benchmarks:
            return None
        path = context.path(context.plan.work_zone, "benchmarks", context.plan.benchmarks["digest"], ".index")
        return cls(Index.from_bytes(path.read_bytes()))

    def split(self, rows: pa.Table, source: str) -> tuple[pa.Array, list[dict[str, Any]]]:
        """Which rows are clean, and a decision for each of the others: how much of which item, never its text.

        `related` is the hash of suite and item id, which `malmoi trace` resolves for those who hold the suite.
        """
        found = contaminated(rows["text"].combine_chunks(), self.index)
        found = found.sort_by([("row", "ascending"), ("share", "descending"), ("item", "ascending")])
        clean, decisions = np.ones(rows.num_rows, bool), []
        ids = rows["doc_id"]
        for entry in found.to_pylist():
            if clean[entry["row"]]:
                clean[entry["row"]] = False
                decisions.append(
                    {
                        "doc_id": ids[entry["row"]].as_py(),
                        "source": source,
                        "stage": STAGE,
                        "rule": RULE,
                        "outcome": "dropped",
                        "measured": entry["share"],
                        "bound": self.index.share,
                        "code": entry["suite"],
                        "related": content_name([entry["suite"], entry["item"]]),
                    }
                )
        return pa.array(clean), decisions
