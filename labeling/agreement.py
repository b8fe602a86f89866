"""How far workers agree: percent agreement and Krippendorff's alpha, from counts of labels per task.

Both work on a matrix of tasks by labels that holds how many workers chose each label, so their cost does not depend on
the number of workers, and a worker missing from a task is simply not counted.

Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011); the `krippendorff` package is the oracle
in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labeling.project import Scale

Counts = npt.NDArray[np.int64]


def label_counts(answers: pa.Table, labels: Sequence[str]) -> Counts:
    """Tasks by labels: how many workers chose each label; skips, and labels of older guidelines, are left out.

    Args:
        answers: columns task_id and answer.
        labels: the columns, in order; on an ordinal scale from least to most.
    """
    known = answers.filter(pc.is_in(answers["answer"], pa.array(labels, pa.string())))
    tasks = known["task_id"].combine_chunks().dictionary_encode()
    column = pc.index_in(known["answer"], pa.array(labels, pa.string())).to_numpy()
    counts = np.zeros((len(tasks.dictionary), len(labels)), np.int64)
    np.add.at(counts, (tasks.indices.to_numpy(), column), 1)
    return counts


def percent_agreement(counts: Counts) -> float | None:
    """Share of pairs of answers to one task that are the same, 0 to 1; None when no task has two answers."""
    answers = counts.sum(axis=1)
    pairs = int((answers * (answers - 1)).sum())
    same = int((counts * (counts - 1)).sum())
    return same / pairs if pairs else None


def krippendorff_alpha(counts: Counts, scale: Scale = Scale.NOMINAL) -> float | None:
    """Krippendorff's alpha: 1 is perfect agreement, 0 that of chance, below 0 systematic disagreement.

    Returns:
        None when it is not defined: no task has two answers, or all answers are the same label.
    """
    paired = counts[counts.sum(axis=1) > 1]
    coincidences = _coincidences(paired)
    totals = coincidences.sum(axis=0)
    number = totals.sum()
    distance = _distances(totals, scale)
    expected = totals @ distance @ totals
    if number == 0 or expected == 0:
        return None
    observed = (coincidences * distance).sum()
    return float(1 - (number - 1) * observed / expected)


def _coincidences(counts: Counts) -> npt.NDArray[np.float64]:
    """Labels by labels: pairs of answers to one task, each task weighing as much as it has answers."""
    weights = 1.0 / (counts.sum(axis=1) - 1)
    weighted = counts * weights[:, None]
    return weighted.T @ counts - np.diag(weighted.sum(axis=0))


def _distances(totals: npt.NDArray[np.float64], scale: Scale) -> npt.NDArray[np.float64]:
    """Squared distances between labels; ordinal ones count the answers that lie between."""
    if scale is Scale.NOMINAL:
        return 1.0 - np.eye(len(totals))
    middle = np.cumsum(totals) - totals / 2
    return (middle[:, None] - middle[None, :]) ** 2
