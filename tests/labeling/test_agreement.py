from __future__ import annotations

import krippendorff
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labeling.agreement import krippendorff_alpha, label_counts, percent_agreement
from labeling.project import Scale

COUNTS = arrays(np.int64, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.integers(0, 4))


@pytest.mark.parametrize("scale", list(Scale))
@settings(max_examples=200, deadline=None)
@given(counts=COUNTS)
def test_alpha_is_that_of_the_krippendorff_package(scale: Scale, counts: np.ndarray):
    paired = counts[counts.sum(axis=1) > 1]
    if np.count_nonzero(paired.sum(axis=0)) < 2:
        assert krippendorff_alpha(counts, scale) is None
        return
    expected = krippendorff.alpha(
        value_counts=counts, value_domain=list(range(counts.shape[1])), level_of_measurement=scale.value
    )
    assert krippendorff_alpha(counts, scale) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "percent", "nominal"),
    [
        ([[2, 0], [0, 2]], 1.0, 1.0),
        ([[1, 1], [1, 1]], 0.0, -0.5),
        ([[2, 0], [2, 0]], 1.0, None),  # one label only: there is no disagreement to expect
        ([[1, 0], [0, 1]], None, None),  # nobody answered the same task
        ([[3, 0], [2, 1]], 4 / 6, 0.0),
    ],
)
def test_known_tables(counts: list[list[int]], percent: float | None, nominal: float | None):
    table = np.array(counts, np.int64)
    assert percent_agreement(table) == (percent if percent is None else pytest.approx(percent))
    assert krippendorff_alpha(table) == (nominal if nominal is None else pytest.approx(nominal))


def test_on_an_ordinal_scale_a_near_miss_weighs_less_than_a_far_one():
    near = np.array([[1, 1, 0], [0, 2, 0], [0, 0, 2], [2, 0, 0]])
    far = np.array([[1, 0, 1], [0, 2, 0], [0, 0, 2], [2, 0, 0]])
    assert krippendorff_alpha(near, Scale.ORDINAL) > krippendorff_alpha(far, Scale.ORDINAL)
    assert krippendorff_alpha(near) == pytest.approx(krippendorff_alpha(far), abs=0.1)


def test_skips_and_labels_of_older_guidelines_are_not_counted():
    answers = pa.table({"task_id": ["b", "a", "a", "a", "c"], "answer": ["예", "예", "아니오", None, "옛 답"]})
    assert label_counts(answers, ["예", "아니오"]).tolist() == [[1, 0], [1, 1]]


def test_no_answers_at_all_give_no_figure():
    answers = pa.table({"task_id": pa.array([], pa.string()), "answer": pa.array([], pa.string())})
    counts = label_counts(answers, ["예", "아니오"])
    assert (percent_agreement(counts), krippendorff_alpha(counts)) == (None, None)
