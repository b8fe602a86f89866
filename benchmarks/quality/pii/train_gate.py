"""Trains the gate in front of the name tagger: two logistic models that must let nearly every name through."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numba import njit

from benchmarks.quality.pii.dictionary import Words
from transforms.pii.gate import (
    BEGINS,
    EDGE,
    FIRST_BITS,
    FIRST_LOOKS,
    SECOND_BITS,
    SECOND_LOOKS,
    first_rows,
    second_rows,
)
from transforms.pii.tagger import PAD
from transforms.pii.tagger_features import BLANK, TYPE

LOOKS = FIRST_LOOKS + SECOND_LOOKS
# Bounds of the two sums; what they let through, and what they lose, is in docs/decisions/pii-name-tagger.md.
GATE_LEAST = (-28, -8)
OPEN = np.array([-(1 << 20), -(1 << 20)])  # lets every sign pass
EPOCHS, RATE, WEIGHT_OF_A_NAME, STEP = 3, 0.1, 10.0, 8.0


def fit_gate(texts: Sequence[tuple[np.ndarray, np.ndarray]], words: Words, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The int8 tables of the small and of the larger model, which learns on what the small one lets pass.

    Args:
        texts: (code units, states) of each text, states as labelled or as the tagger finds them; 1 and 4 begin a name.
    """
    rng = random.Random(seed)
    small, more = np.zeros(1 << FIRST_BITS, np.float32), np.zeros(1 << SECOND_BITS, np.float32)
    signs = [_signs(*_padded(*text), words) for text in texts]
    for table, first, last in ((small, 0, FIRST_LOOKS), (more, FIRST_LOOKS, LOOKS)):
        squares = np.zeros_like(table)
        for _ in range(EPOCHS):
            rng.shuffle(signs)
            for rows, begins in signs:
                _learn(rows[:, first:last], begins, table, squares, WEIGHT_OF_A_NAME, RATE)
        if table is small:
            signs = [_passed(rows, begins, small, GATE_LEAST[0] / STEP) for rows, begins in signs]
    return _rounded(small), _rounded(more)


def _rounded(weights: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(weights * STEP), -127, 127).astype(np.int8)


def _passed(rows: np.ndarray, begins: np.ndarray, small: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The signs that the small model lets pass."""
    passed = small[rows[:, :FIRST_LOOKS]].sum(axis=1) >= least
    return rows[passed], begins[passed]


def _padded(units: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([units, np.zeros(PAD, np.uint16)]), states


@njit(cache=True)
def _signs(units, states, words):  # type: ignore[no-untyped-def]
    """Rows of every sign that can begin a name, and whether it does; a word inside a name counts as a beginning."""
    rows = np.empty((len(states), LOOKS), dtype=np.int64)
    begins = np.zeros(len(states), dtype=np.bool_)
    more = np.empty(SECOND_LOOKS, dtype=np.int64)
    count = 0
    for at in range(len(states)):
        if not BEGINS[units[at]]:
            continue
        before = units[at - 1] if at > 0 else np.uint16(EDGE)
        for look, row in enumerate(first_rows(before, units[at], units[at + 1], words.syllables)):
            rows[count, look] = row
        second_rows(units, at, words, more)
        rows[count, FIRST_LOOKS:] = more
        begins[count] = states[at] == 1 or states[at] == 4 or (states[at] > 0 and TYPE[before] == BLANK)
        count += 1
    return rows[:count], begins[:count]


@njit(cache=True)
def _learn(rows, begins, weights, squares, weight, rate):  # type: ignore[no-untyped-def]
    """AdaGrad over the signs of one text."""
    looks = rows.shape[1]
    for sign in range(len(rows)):
        total = 0.0
        for look in range(looks):
            total += weights[rows[sign, look]]
        slope = 1.0 / (1.0 + np.exp(-total)) - begins[sign]
        slope *= weight if begins[sign] else 1.0
        for look in range(looks):
            row = rows[sign, look]
            squares[row] += slope * slope
            weights[row] -= rate * slope / np.sqrt(squares[row] + 1e-6)
