"""Which documents become tasks: rules from the recipe over columns that were measured anyway.

A document is chosen by the hash of its id, so the same release gives the same tasks in any order, and a larger share
contains every smaller one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3

from governance.records.errors import ConfigError
from governance.records.settings import nearest
from labeling.task import Task, task_id

_SPAN = float(1 << 64)
_SIDES = {"at_least": pc.greater_equal, "at_most": pc.less_equal, "above": pc.greater, "below": pc.less}


@dataclass(frozen=True, slots=True)
class SamplingRule:
    """Chooses documents for one project.

    Attributes:
        name: of the rule; it takes part in the hash, so two rules choose different documents.
        share: of the documents that fit, 0 to 1; None takes all.
        count: at most so many, per stratum when there are strata; None is no limit.
        where: measure → {at_least, at_most, above, below}: the bounds that a document must meet.
        uncertain: measure → the value where a rule cannot decide; with `count`, the nearest to it are taken, and
            documents farther away than `within` of their measure are not.
        within: measure → the widest distance that is still uncertain.
        strata: column by which share and count are applied apart, or None. With `source` no large source drowns a
            small one.
        priority, overlap: of the tasks that are made.
    """

    name: str
    project: str
    share: float | None = None
    count: int | None = None
    where: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    uncertain: Mapping[str, float] = field(default_factory=dict)
    within: Mapping[str, float] = field(default_factory=dict)
    strata: str | None = None
    priority: int = 0
    overlap: int = 1

    def __post_init__(self) -> None:
        """Refuses a rule that could not mean what it says."""
        problems = [
            f"rule {self.name}: where.{measure}: unknown bound {side!r}{nearest(side, _SIDES)}"
            for measure, bounds in self.where.items()
            for side in bounds
            if side not in _SIDES
        ]
        if self.share is not None and not 0 < self.share <= 1:
            problems.append(f"rule {self.name}: share is above 0 and at most 1")
        if self.count is not None and self.count < 0:
            problems.append(f"rule {self.name}: count is at least 0")
        if set(self.within) - set(self.uncertain):
            problems.append(f"rule {self.name}: within names a measure that uncertain does not")
        if problems:
            raise ConfigError(problems)


def choose(frame: pa.Table, rules: Sequence[SamplingRule]) -> list[Task]:
    """The tasks that the rules make of a release.

    Args:
        frame: one row a document: doc_id, release_id, shard, row, source, licence, and the columns that rules name;
            a measure may also stand in a struct column `quality`.
        rules: a document chosen by several rules of one project becomes one task, of the first of them.

    Raises:
        ConfigError: a rule names a column that is not there.
    """
    if "quality" in frame.column_names:
        frame = _with_measures(frame)
    chosen: dict[str, Task] = {}
    for rule in rules:
        for row in frame.take(_rows(frame, rule)).select(_POINTER).to_pylist():
            task = _task(row, rule)
            chosen.setdefault(task.task_id, task)
    return list(chosen.values())


_POINTER = ["doc_id", "release_id", "shard", "row", "source", "licence"]


def _with_measures(frame: pa.Table) -> pa.Table:
    quality = frame["quality"].combine_chunks()
    for index, measure in enumerate(quality.type):
        if measure.name not in frame.column_names:
            frame = frame.append_column(measure.name, quality.field(index))
    return frame


def _task(row: Mapping[str, object], rule: SamplingRule) -> Task:
    pointer = {name: row[name] for name in _POINTER}
    key = task_id(rule.project, str(row["doc_id"]))
    rest = {"rule": rule.name, "priority": rule.priority, "overlap": rule.overlap}
    return Task(task_id=key, project=rule.project, **pointer, **rest)  # type: ignore[arg-type]


def _rows(frame: pa.Table, rule: SamplingRule) -> pa.Array:
    """Row numbers of the documents a rule chooses, in the order of the table."""
    fit = np.flatnonzero(_fits(frame, rule))
    ids = frame["doc_id"].take(pa.array(fit)).to_pylist()
    points = hash_points(rule.name, ids)
    if rule.share is not None:
        kept = points < rule.share
        fit, points = fit[kept], points[kept]
    if rule.count is None:
        return pa.array(fit)
    order = np.lexsort((points, _doubt(frame, rule)[fit]))
    ranked = fit[order]
    return pa.array(np.sort(ranked[_rank_in_stratum(frame, rule, ranked) < rule.count]))


def _rank_in_stratum(frame: pa.Table, rule: SamplingRule, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each of the rows, in their order, how many of its stratum come before it."""
    number = np.arange(len(rows))
    if rule.strata is None or len(rows) == 0:
        return number
    stratum = _column(frame, rule, rule.strata).take(pa.array(rows)).dictionary_encode("encode").indices.to_numpy()
    order = np.argsort(stratum, kind="stable")
    starts = np.r_[0, np.flatnonzero(np.diff(stratum[order])) + 1]
    rank = np.empty(len(rows), np.int64)
    rank[order] = number - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    return rank


def _fits(frame: pa.Table, rule: SamplingRule) -> npt.NDArray[np.bool_]:
    fits = np.ones(frame.num_rows, bool)
    for measure, bounds in rule.where.items():
        for side, bound in bounds.items():
            met = _SIDES[side](_column(frame, rule, measure), bound)
            fits &= pc.fill_null(met, False).to_numpy(zero_copy_only=False)
    for measure, width in rule.within.items():
        fits &= _distance(frame, rule, measure) <= width
    return fits


def _doubt(frame: pa.Table, rule: SamplingRule) -> npt.NDArray[np.float64]:
    """How far each document is from the values where the rules cannot decide; 0 where the rule names none."""
    doubt = np.zeros(frame.num_rows)
    for measure in rule.uncertain:
        doubt = np.maximum(doubt, _distance(frame, rule, measure))
    return doubt


def _distance(frame: pa.Table, rule: SamplingRule, measure: str) -> npt.NDArray[np.float64]:
    values = pc.fill_null(pc.cast(_column(frame, rule, measure), pa.float64()), float("inf"))
    return np.abs(values.to_numpy(zero_copy_only=False) - rule.uncertain[measure])


def _column(frame: pa.Table, rule: SamplingRule, name: str) -> pa.Array:
    if name not in frame.column_names:
        raise ConfigError(f"rule {rule.name}: there is no column {name!r}{nearest(name, frame.column_names)}")
    return frame[name].combine_chunks()


def hash_points(rule: str, doc_ids: Iterable[str]) -> npt.NDArray[np.float64]:
    """A number from 0 to 1 for each document id, the same for ever; different rules give different ones."""
    prefix = rule.encode() + b"\0"
    digests = b"".join(blake3(prefix + doc_id.encode()).digest(length=8) for doc_id in doc_ids)
    return np.frombuffer(digests, "<u8").astype(np.float64) / _SPAN
