"""Trains the gate in front of the name tagger: a logistic model that must let nearly every name through."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numba import njit

from transforms.pii.gate import GATE_BITS, GATE_FEATURES, can_begin, gate_rows
from transforms.pii.tagger import segment_end

# Lets through 3 % of the signs of decisions; on held-out training documents persons in KLUE lose nothing that the
# tagger would have found, since most of them are in the lexicon of names, which passes by itself.
GATE_LEAST = -4
EPOCHS, RATE, WEIGHT_OF_A_NAME, STEP = 4, 0.2, 20.0, 8.0


def fit_gate(texts: Sequence[tuple[np.ndarray, np.ndarray]], syllables: np.ndarray, seed: int) -> np.ndarray:
    """The gate's int8 table.

    Args:
        texts: (code units, states) of each text; states 1 and 4 begin a name.
    """
    rng = random.Random(seed)
    signs = [_signs(*text, syllables) for text in texts]
    weights = np.zeros(1 << GATE_BITS, np.float32)
    squares = np.zeros(1 << GATE_BITS, np.float32)
    for _ in range(EPOCHS):
        rng.shuffle(signs)
        for rows, begins in signs:
            _learn(rows, begins, weights, squares)
    return np.clip(np.rint(weights * STEP), -127, 127).astype(np.int8)


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
                for feature, row in enumerate(gate_rows(units, begin, end, at, syllables)):
                    rows[count, feature] = row
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
