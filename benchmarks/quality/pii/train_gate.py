"""Trains the gate in front of the name tagger: a logistic model that must let nearly every name through."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numba import njit

from transforms.pii.gate import GATE_BITS, GATE_FEATURES, can_begin, gate_rows
from transforms.pii.tagger import segment_end

PASSES = 0.997  # share of held-out names that the gate lets through
EPOCHS, RATE, WEIGHT_OF_A_NAME, STEP = 4, 0.2, 20.0, 8.0


def fit_gate(
    texts: Sequence[tuple[np.ndarray, np.ndarray]], syllables: np.ndarray, seed: int
) -> tuple[np.ndarray, int]:
    """(int8 table, least sum). Four fifths of the texts train it, the rest set the bound.

    Args:
        texts: (code units, states) of each text; states 1 and 4 begin a name.
    """
    rng = random.Random(seed)
    order = list(range(len(texts)))
    rng.shuffle(order)
    held = len(order) // 5
    rows, begins = zip(*[_signs(*texts[i], syllables) for i in order], strict=True)
    weights = np.zeros(1 << GATE_BITS, np.float32)
    squares = np.zeros(1 << GATE_BITS, np.float32)
    for _ in range(EPOCHS):
        for text_rows, text_begins in zip(rows[held:], begins[held:], strict=True):
            _learn(text_rows, text_begins, weights, squares)
    table = np.clip(np.rint(weights * STEP), -127, 127).astype(np.int8)
    sums = np.concatenate(
        [table[r[b]].sum(axis=1, dtype=np.int64) for r, b in zip(rows[:held], begins[:held], strict=True)]
    )
    others = np.concatenate(
        [table[r[~b]].sum(axis=1, dtype=np.int64) for r, b in zip(rows[:held], begins[:held], strict=True)]
    )
    for share in (0.99, 0.995, PASSES, 0.999):
        bound = int(np.quantile(sums, 1 - share, method="lower"))
        print(f"gate: lets {share} of held-out names and {(others >= bound).mean():.3f} of other signs through at {bound}")
    return table, int(np.quantile(sums, 1 - PASSES, method="lower"))


@njit(cache=True)
def _signs(units, states, syllables):  # type: ignore[no-untyped-def]
    """Rows of every sign that can begin a name, and whether it does."""
    rows = np.empty((len(units), GATE_FEATURES), dtype=np.int64)
    begins = np.zeros(len(units), dtype=np.bool_)
    count, begin = 0, 0
    while begin < len(units):
        end = segment_end(units, begin, len(units))
        for at in range(begin, end):
            if can_begin(units[at]):
                gate_rows(units, begin, end, at, syllables, rows[count])
                begins[count] = states[at] == 1 or states[at] == 4
                count += 1
        begin = end
    return rows[:count], begins[:count]


@njit(cache=True)
def _learn(rows, begins, weights, squares):  # type: ignore[no-untyped-def]
    """AdaGrad over the signs of one text."""
    for sign in range(len(rows)):
        total = 0.0
        for feature in range(GATE_FEATURES):
            total += weights[rows[sign, feature]]
        slope = 1.0 / (1.0 + np.exp(-total)) - begins[sign]
        slope *= WEIGHT_OF_A_NAME if begins[sign] else 1.0
        for feature in range(GATE_FEATURES):
            row = rows[sign, feature]
            squares[row] += slope * slope
            weights[row] -= RATE * slope / np.sqrt(squares[row] + 1e-6)
