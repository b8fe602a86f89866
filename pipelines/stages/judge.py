"""Judge: the recipe's bounds and the tombstones over the measured columns; and the keys that find duplicates.

Reads no text. What it writes holds one row per staged row, in the same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.erasure import Tombstones
from governance.records.ids import content_name
from governance.records.schemas import MEASURES
from governance.records.storage import Location
from pipelines.plan import Plan
from pipelines.stages.blank import is_blank
from pipelines.stages.histograms import histograms
from pipelines.tasks import Context, Receipt
from transforms.dedup.bands import band_keys
from transforms.dedup.presets import preset
from transforms.quality.judge import Bounds, judge

STAGE = "judge"
TOMBSTONE = "tombstone@1"
_COLUMNS = ["doc_id", "native_key", "item", "offset", "language", "chars", "bytes", "quality", "text_key"]


@dataclass(frozen=True)
class Staged:
    """A staged file: what Prepare wrote for one task."""

    source: str
    zone: str
    name: str
    rows: int
    text_bytes: int

    @classmethod
    def of(cls, receipt: Receipt) -> Staged:
        """From Prepare's receipt."""
        return cls(receipt.source, receipt.out["zone"], receipt.name, receipt.out["rows"], receipt.out["text_bytes"])


@dataclass(frozen=True)
class JudgeTask:
    """One staged file to judge."""

    name: str
    zone: str
    staged: Staged
    weight: int
    stage: str = STAGE

    def run(self, context: Context) -> Receipt:
        """Writes verdicts and band keys for every staged row."""
        source, staged = context.source(self.staged.source), self.staged
        path = context.path(staged.zone, "prepare", staged.name)
        table = context.read(staged.zone, path, _COLUMNS)
        bands, erased = _scan(context, staged, path)
        verdicts = _verdicts(table, source_bounds(context.plan, staged.source), erased)
        context.write(self.zone, context.path(self.zone, STAGE, self.name), _keys(table, verdicts, bands))
        kept = int(verdicts["keep"].sum())
        rules = Counter(verdicts.filter(~pl.col("keep"))["rule"].to_list())
        return Receipt(
            STAGE,
            self.name,
            source.name,
            books={"in": table.num_rows, "kept": kept, "dropped": table.num_rows - kept, "broken": 0},
            out={
                "staged": [staged.source, staged.zone, staged.name, staged.rows, staged.text_bytes],
                "rules": dict(sorted(rules.items())),
                "histograms": histograms(table),
                "kept_bytes": int(pl.Series(table["bytes"]).filter(verdicts["keep"]).sum() or 0),
            },
        )


def judge_task(plan: Plan, receipt: Receipt) -> JudgeTask:
    """The judging of what one Prepare task wrote."""
    staged = Staged.of(receipt)
    bounds = source_bounds(plan, staged.source)
    chosen = preset(plan.recipe.deduplicate.preset)
    name = content_name(
        {
            "stage": STAGE,
            "staged": staged.name,
            "bounds": repr(bounds.bounds),
            "tombstones": plan.tombstones,
            "bands": [chosen.bands, chosen.rows],
            "families": {k: plan.families[k] for k in ("quality", "dedup", "stage-judge")},
        }
    )
    return JudgeTask(name, plan.work_zone, staged, staged.rows)


def source_bounds(plan: Plan, source: str) -> Bounds:
    """The recipe's bounds with the source's own in place of single ones."""
    settings = plan.recipe.judge
    own = settings.sources.get(source, {})
    # Apart first, so that a problem is told under its own key.
    Bounds.parse(_set(own), where=f"judge.sources.{source}")
    return Bounds.parse(_set({**settings.bounds, **own}))


def _set(bounds: Mapping[str, Any]) -> dict[str, Any]:
    """Without those that null turns off."""
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _verdicts(table: pa.Table, bounds: Bounds, erased: np.ndarray) -> pl.DataFrame:
    flat: dict[str, Any] = {name: pc.struct_field(table["quality"], name) for name in MEASURES}
    frame = pl.DataFrame(pa.table({**flat, "chars": table["chars"], "language": table["language"]}))
    verdicts = judge(frame, bounds)
    if not erased.any():
        return verdicts
    # What was erased stays out whatever it measures; and what it measures differs once it is blanked.
    here = ~pl.Series(erased)
    return verdicts.with_columns(
        keep=pl.col("keep") & here,
        rule=pl.when(here).then(pl.col("rule")).otherwise(pl.lit(TOMBSTONE)),
        **{name: pl.when(here).then(pl.col(name)) for name in ("measured", "bound")},
    )


def _scan(context: Context, staged: Staged, path: Location) -> tuple[np.ndarray, np.ndarray]:
    """Band keys of every row, and which rows were erased; signatures are wide, so a row group is held at a time."""
    tombstones = Tombstones.load(context.home.tombstones, context.keys.secret("tombstone"))
    chosen = preset(context.plan.recipe.deduplicate.preset)
    bands, erased = [np.empty((0, chosen.bands), np.int64)], [np.zeros(0, bool)]
    columns = ["native_key", "text_key", "signature", "bytes"]
    for _, group in context.groups(staged.zone, path, (0, staged.rows), columns):
        signatures = np.frombuffer(b"".join(group["signature"].to_pylist()), "<u4").reshape(-1, chosen.permutations)
        bands.append(band_keys(signatures, bands=chosen.bands, rows=chosen.rows))
        erased.append(tombstones.matches(group) | is_blank(group))
    return np.concatenate(bands), np.concatenate(erased)


def _keys(table: pa.Table, verdicts: pl.DataFrame, bands: np.ndarray) -> pa.Table:
    columns = {name: table[name] for name in ("doc_id", "native_key", "item", "offset", "bytes", "text_key")}
    columns |= {name: verdicts[name].to_arrow() for name in ("keep", "rule", "measured", "bound")}
    columns |= {f"b{n}": pa.array(np.ascontiguousarray(bands[:, n])) for n in range(bands.shape[1])}
    return pa.table(columns)
