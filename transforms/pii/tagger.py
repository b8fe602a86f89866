"""Finds names of persons: a linear-chain tagger over signs, integer weights, Viterbi on the Arrow bytes.

States: outside, begin, inside, end, single. All sums are integers, so every machine finds the same. What the model
knows is in `names.npz`; how it was made, and how well it does, is in benchmarks/quality/pii.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit

from transforms.pii.gate import candidates, reach
from transforms.pii.normalise import fold
from transforms.pii.tagger_features import EOJEOL, FEATURES, RUN, SCRATCH, features_at, prepare
from transforms.pii.windows import buffers

OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)
STATES = 5
SCALE = 16  # weight of one nat
PAD = 4  # zeros after a row, so that the gate looks ahead without asking
# from state (row) to state (column)
FOLLOWS = np.array(
    [[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]],
    dtype=np.bool_,
)
MODEL_FILE = Path(__file__).with_name("names.npz")


@dataclass(frozen=True)
class Model:
    """The tagger's tables.

    Attributes:
        weights: uint32, a row a feature: begin, inside, end, single from the lowest byte, each plus 128, in 1/SCALE
            nats over `outside`.
        moves: int64 STATES x STATES, weight of each change of state.
        lexicon: uint32 hash table of words.
        prefixes: uint8 bits, which first two signs begin a word of the lexicon.
        longer: uint8 bits, which words are the beginning of longer ones.
        long_names: uint8 bits, first three signs of every name of three syllables and more.
        short_names: uint8 bits, every name of two syllables.
        gate: int8 table of the gate's small model.
        gate_more: int8 table of its larger one.
        gate_least: int64, sums from which the gate's two models let a sign pass.
        syllables: uint8 per code point, how often it is a surname, a given name's first and second syllable, and in
            foreign names.
    """

    weights: np.ndarray
    moves: np.ndarray
    lexicon: np.ndarray
    prefixes: np.ndarray
    longer: np.ndarray
    long_names: np.ndarray
    short_names: np.ndarray
    gate: np.ndarray
    gate_more: np.ndarray
    gate_least: np.ndarray
    syllables: np.ndarray


@cache
def load_model(path: Path = MODEL_FILE) -> Model:
    """The shipped model; read once a process."""
    with np.load(path) as stored:
        return Model(
            weights=stored["weights"],
            moves=stored["moves"].astype(np.int64),
            lexicon=stored["lexicon"],
            prefixes=stored["prefixes"],
            longer=stored["longer"],
            long_names=stored["long_names"],
            short_names=stored["short_names"],
            gate=stored["gate"],
            gate_more=stored["gate_more"],
            gate_least=stored["gate_least"].astype(np.int64),
            syllables=stored["syllables"],
        )


def tag(text: pa.Array, lenience: int) -> np.ndarray:
    """Spans of names in a string column.

    Args:
        lenience: taken off the weight of `outside` at every sign, in 1/SCALE nats: higher finds more.

    Returns:
        int64 array of rows (row, start, end, margin): half-open code points of the original text, and by how much the
        name beats no name, in 1/SCALE nats, lenience left out.
    """
    return tag_with(load_model(), text, lenience)


def tag_with(model: Model, text: pa.Array, lenience: int) -> np.ndarray:
    """What `tag` finds, with another model."""
    column = Column(*buffers(text))
    tables = Tables(*(getattr(model, name) for name in Tables._fields))
    capacity = 1024 + int(column.offsets[-1] - column.offsets[0]) // 64
    while True:
        out = np.empty((capacity, 4), dtype=np.int64)
        count = _tag_rows(column, tables, workspace(column.offsets), lenience, out)
        if count <= capacity:
            return out[:count]
        capacity = count


class Column(NamedTuple):
    """A string column as the kernels read it."""

    data: np.ndarray
    offsets: np.ndarray
    valid: np.ndarray


class Tables(NamedTuple):
    """The model as the kernels read it."""

    weights: np.ndarray
    moves: np.ndarray
    lexicon: np.ndarray
    prefixes: np.ndarray
    longer: np.ndarray
    long_names: np.ndarray
    short_names: np.ndarray
    gate: np.ndarray
    gate_more: np.ndarray
    gate_least: np.ndarray
    syllables: np.ndarray


class Workspace(NamedTuple):
    """Arrays that the kernels fill and fill again."""

    units: np.ndarray
    places: np.ndarray
    starts: np.ndarray
    scratch: np.ndarray
    eojeol: np.ndarray
    rows: np.ndarray
    nodes: np.ndarray
    best: np.ndarray
    back: np.ndarray
    path: np.ndarray


def workspace(offsets: np.ndarray) -> Workspace:
    """Arrays large enough for the longest row."""
    longest = int(np.diff(offsets).max(initial=1)) + PAD
    return Workspace(
        units=np.zeros(longest, dtype=np.uint16),
        places=np.empty((2, longest), dtype=np.int32),
        starts=np.empty(longest, dtype=np.int32),
        scratch=np.empty(SCRATCH, dtype=np.int32),
        eojeol=np.empty(EOJEOL, dtype=np.int64),
        rows=np.empty(FEATURES, dtype=np.int64),
        nodes=np.empty((RUN, STATES), dtype=np.int64),
        best=np.empty((RUN, STATES), dtype=np.int64),
        back=np.empty((RUN, STATES), dtype=np.int8),
        path=np.empty(RUN + 1, dtype=np.int8),
    )


@njit(cache=True)
def _tag_rows(column, tables, work, lenience, out):  # type: ignore[no-untyped-def]
    count = 0
    for row in range(len(column.valid)):
        if not column.valid[row] or column.offsets[row] == column.offsets[row + 1]:
            continue
        size = fold(column.data, column.offsets[row], column.offsets[row + 1], 0, work.units, work.places, 0)
        work.units[size : size + PAD] = 0
        count = _tag_row(size, tables, work, lenience, row, out, count)
    return count


@njit(cache=True)
def _tag_row(size, tables, work, lenience, row, out, count):  # type: ignore[no-untyped-def]
    """Tags each run of signs that a name could hold; returns the new number of names."""
    starts = candidates(size, tables, work)
    index, done = 0, 0
    while index < starts:
        first = max(done, work.starts[index] - 1)
        stop = reach(work.units, size, work.starts[index])
        index += 1
        while index < starts and work.starts[index] <= stop + 1:  # a blank between two candidates joins them
            stop = max(stop, reach(work.units, size, work.starts[index]))
            index += 1
        while first < stop:
            done = min(stop, first + RUN)
            score(size, first, done, tables, work, lenience)
            _best(done - first, tables.moves, work)
            count = _names(first, done - first, tables.moves, work, lenience, row, out, count)
            first = done
    return count


@njit(cache=True)
def score(size, first, stop, tables, work, lenience):  # type: ignore[no-untyped-def]
    """Weights of every state at the signs first to stop of a row, RUN of them at most."""
    words = prepare(size, first, stop, tables, work)
    for at in range(first, stop):
        features_at(size, first, at, tables, work, words)
        _sum(work.rows, tables.weights, work.nodes, at - first)
        work.nodes[at - first, OUTSIDE] = -lenience


@njit(cache=True, inline="always")
def _sum(rows, weights, nodes, at):  # type: ignore[no-untyped-def]
    """Adds up the four bytes of each row, two at a time in lanes of sixteen bits."""
    low, high = np.uint32(0), np.uint32(0)
    for feature in range(FEATURES):
        row = np.uint32(weights[rows[feature]])
        low += row & np.uint32(0x00FF00FF)
        high += (row >> np.uint32(8)) & np.uint32(0x00FF00FF)
    shift = 128 * FEATURES
    nodes[at, BEGIN] = np.int64(low & np.uint32(0xFFFF)) - shift
    nodes[at, INSIDE] = np.int64(high & np.uint32(0xFFFF)) - shift
    nodes[at, END] = np.int64(low >> np.uint32(16)) - shift
    nodes[at, SINGLE] = np.int64(high >> np.uint32(16)) - shift


@njit(cache=True)
def _best(size, moves, work):  # type: ignore[no-untyped-def]
    """Viterbi over a run; what lies around it is `outside`. Leaves the states in work.path."""
    best, back, nodes = work.best, work.back, work.nodes
    for state in range(STATES):
        best[0, state] = nodes[0, state] + moves[OUTSIDE, state]
    for at in range(1, size):
        for state in (OUTSIDE, BEGIN, SINGLE):
            _step(at, state, OUTSIDE, END, SINGLE, moves, work)
        for state in (INSIDE, END):
            _step(at, state, BEGIN, INSIDE, INSIDE, moves, work)
    state = OUTSIDE
    for candidate in range(1, STATES):
        if best[size - 1, candidate] + moves[candidate, 0] > best[size - 1, state] + moves[state, 0]:
            state = candidate
    for at in range(size - 1, -1, -1):
        work.path[at] = state
        state = back[at, state]


@njit(cache=True, inline="always")
def _step(at, state, one, two, three, moves, work):  # type: ignore[no-untyped-def]
    """Best way into a state from the three (or two) that may come before it."""
    top, chosen = work.best[at - 1, one] + moves[one, state], one
    for earlier in (two, three):
        value = work.best[at - 1, earlier] + moves[earlier, state]
        if value > top:
            top, chosen = value, earlier
    work.best[at, state], work.back[at, state] = top + work.nodes[at, state], chosen


@njit(cache=True)
def _names(first, size, moves, work, lenience, row, out, count):  # type: ignore[no-untyped-def]
    """Writes the names on the path of the run at `first` to `out`; returns the new number of names."""
    start = 0
    for at in range(size):
        if work.path[at] in (BEGIN, SINGLE):
            start = at
        if work.path[at] in (END, SINGLE):
            if count < len(out):
                before = work.path[start - 1] if start > 0 else OUTSIDE
                after = work.path[at + 1] if at + 1 < size else OUTSIDE
                out[count, 0] = row
                out[count, 3] = _margin(start, at + 1, before, after, moves, work) - lenience * (at + 1 - start)
                out[count, 1], out[count, 2] = work.places[0, first + start], work.places[1, first + at]
            count += 1
    return count


@njit(cache=True)
def _margin(start, stop, before, after, moves, work):  # type: ignore[no-untyped-def]
    """How much the path loses when the span becomes `outside`."""
    margin = moves[work.path[stop - 1], after] - moves[OUTSIDE, after]
    for at in range(start, stop):
        earlier = work.path[at - 1] if at > start else before
        plain = OUTSIDE if at > start else before
        margin += work.nodes[at, work.path[at]] - work.nodes[at, OUTSIDE]
        margin += moves[earlier, work.path[at]] - moves[plain, OUTSIDE]
    return margin
