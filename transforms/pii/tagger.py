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

from transforms.pii.gate import mark_active
from transforms.pii.normalise import fold
from transforms.pii.tagger_features import (
    BLANK,
    BREAK,
    FEATURES,
    SCRATCH,
    TYPE,
    features_at,
    prepare,
)
from transforms.pii.windows import buffers

OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)
STATES = 5
SCALE = 16  # weight of one nat
SEGMENT = 240  # signs at most; longer text is cut at a line or a blank
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
        prefixes: bool, which first two signs begin a word of the lexicon.
        long_names: uint8 bits, first three signs of every name of three syllables and more.
        short_names: uint8 bits, every name of two syllables.
        gate: int8 table of the gate.
        gate_least: sum from which a name may begin.
        syllables: uint8 per code point, how often it is a surname and a given name's first and second syllable.
    """

    weights: np.ndarray
    moves: np.ndarray
    lexicon: np.ndarray
    prefixes: np.ndarray
    long_names: np.ndarray
    short_names: np.ndarray
    gate: np.ndarray
    gate_least: int
    syllables: np.ndarray


@cache
def load_model(path: Path = MODEL_FILE) -> Model:
    """The shipped model; read once a process."""
    with np.load(path) as stored:
        return Model(
            weights=stored["weights"],
            moves=stored["moves"].astype(np.int64),
            lexicon=stored["lexicon"],
            prefixes=np.unpackbits(stored["prefixes"]).astype(np.bool_),
            long_names=stored["long_names"],
            short_names=stored["short_names"],
            gate=stored["gate"],
            gate_least=int(stored["gate_least"]),
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
    model = load_model()
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
    long_names: np.ndarray
    short_names: np.ndarray
    gate: np.ndarray
    gate_least: int
    syllables: np.ndarray


class Workspace(NamedTuple):
    """Arrays that the kernels fill and fill again."""

    units: np.ndarray
    places: np.ndarray
    active: np.ndarray
    scratch: np.ndarray
    eojeol: np.ndarray
    rows: np.ndarray
    nodes: np.ndarray
    best: np.ndarray
    back: np.ndarray
    path: np.ndarray


def workspace(offsets: np.ndarray) -> Workspace:
    """Arrays large enough for the longest row."""
    longest = max(1, int(np.diff(offsets).max(initial=1)))
    return Workspace(
        units=np.empty(longest, dtype=np.uint16),
        places=np.empty((2, longest), dtype=np.int32),
        active=np.empty(SEGMENT, dtype=np.uint8),
        scratch=np.empty((SCRATCH, SEGMENT), dtype=np.int32),
        eojeol=np.empty((3, SEGMENT), dtype=np.int64),
        rows=np.empty(FEATURES, dtype=np.int64),
        nodes=np.empty((SEGMENT, STATES), dtype=np.int64),
        best=np.empty((SEGMENT, STATES), dtype=np.int64),
        back=np.empty((SEGMENT, STATES), dtype=np.int8),
        path=np.empty(SEGMENT + 1, dtype=np.int8),
    )


@njit(cache=True)
def _tag_rows(column, tables, work, lenience, out):  # type: ignore[no-untyped-def]
    count = 0
    for row in range(len(column.valid)):
        if not column.valid[row]:
            continue
        size = fold(column.data, column.offsets[row], column.offsets[row + 1], 0, work.units, work.places, 0)
        begin = 0
        while begin < size:
            end = segment_end(work.units, begin, size)
            count = _tag_segment(begin, end, tables, work, lenience, row, out, count)
            begin = end
    return count


@njit(cache=True)
def _tag_segment(begin, end, tables, work, lenience, row, out, count):  # type: ignore[no-untyped-def]
    """Tags each run of active signs of a segment; returns the new number of names."""
    if not mark_active(begin, end, tables, work):
        return count
    score_active(begin, end, tables, work, lenience)
    at, size = 0, end - begin
    while at < size:
        stop = at
        while stop < size and work.active[stop]:
            stop += 1
        if stop > at:
            _best(at, stop, tables.moves, work)
            count = _names(begin, at, stop, tables.moves, work, lenience, row, out, count)
        at = stop + 1
    return count


@njit(cache=True)
def segment_end(units, begin, size):  # type: ignore[no-untyped-def]
    """Where the segment that starts at `begin` ends: after the last line or blank within SEGMENT signs."""
    if size - begin <= SEGMENT:
        return size
    stop = begin + SEGMENT
    for wanted in (BREAK, BLANK):
        for place in range(stop - 1, begin + SEGMENT // 2, -1):
            if TYPE[units[place]] == wanted:
                return place + 1
    return stop


@njit(cache=True)
def score_active(begin, end, tables, work, lenience):  # type: ignore[no-untyped-def]
    """Weights of every state at every active sign of units[begin:end]."""
    words = prepare(work.units, begin, end, work.active, tables.lexicon, tables.prefixes, work.scratch, work.eojeol)
    for at in range(end - begin):
        if work.active[at]:
            features_at(work.units, begin, end, at, tables.syllables, work.scratch, work.eojeol, words, work.rows)
            _sum(work.rows, tables.weights, work.nodes, at)
            work.nodes[at, OUTSIDE] = -lenience


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
def _best(first, stop, moves, work):  # type: ignore[no-untyped-def]
    """Viterbi over signs first to stop; what lies around them is `outside`. Leaves the states in work.path."""
    best, back, nodes = work.best, work.back, work.nodes
    for state in range(STATES):
        best[first, state] = nodes[first, state] + moves[OUTSIDE, state]
    for at in range(first + 1, stop):
        for state in (OUTSIDE, BEGIN, SINGLE):
            _step(at, state, OUTSIDE, END, SINGLE, moves, work)
        for state in (INSIDE, END):
            _step(at, state, BEGIN, INSIDE, INSIDE, moves, work)
    state = OUTSIDE
    for candidate in range(1, STATES):
        if best[stop - 1, candidate] + moves[candidate, 0] > best[stop - 1, state] + moves[state, 0]:
            state = candidate
    for at in range(stop - 1, first - 1, -1):
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
def _names(begin, first, stop, moves, work, lenience, row, out, count):  # type: ignore[no-untyped-def]
    """Writes the names on the path to `out`; returns the new number of names."""
    start = first
    for at in range(first, stop):
        if work.path[at] in (BEGIN, SINGLE):
            start = at
        if work.path[at] in (END, SINGLE):
            if count < len(out):
                before = work.path[start - 1] if start > first else OUTSIDE
                after = work.path[at + 1] if at + 1 < stop else OUTSIDE
                out[count, 0] = row
                out[count, 3] = _margin(start, at + 1, before, after, moves, work) - lenience * (at + 1 - start)
                out[count, 1], out[count, 2] = work.places[0, begin + start], work.places[1, begin + at]
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
