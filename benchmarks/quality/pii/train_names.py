"""Trains the name tagger and writes `transforms/pii/names.npz`.

    python -m benchmarks.quality.pii.train_names --dictionary PATH/sys.dic [--data PATH] [--out FILE]

A linear-chain conditional random field by AdaGrad, then weights rounded to 1/16 nat. The dictionary is mecab-ko-dic's
(Apache-2.0; PyPI package python-mecab-ko-dic); the data folder is the one the tests read (MALMOI_DATA). Same inputs and
seed, same file, on one kind of machine; what is shipped is the file.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit

from benchmarks.quality.pii import corpus, dictionary
from benchmarks.quality.pii.train_gate import GATE_LEAST, fit_gate
from transforms.pii.normalise import fold
from transforms.pii.tagger import FOLLOWS, MODEL_FILE, SCALE, SEGMENT, STATES, segment_end
from transforms.pii.tagger_features import BITS, FEATURES, SCRATCH, features_at, prepare
from transforms.pii.windows import buffers

EPOCHS, RATE, SEED = 5, 0.12, 20261124
DROPOUT = 0.05
MADE_UP, STATUTE_LINES, HEADNOTES = 2000, 12000, 4000
SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설"
    "마길연위표명기반왕금옥육인맹제모탁국어은편용"
)
Segment = tuple[np.ndarray, np.ndarray]  # feature rows (signs x FEATURES), states
Folded = tuple[np.ndarray, np.ndarray]  # code units, states


class Words(NamedTuple):
    """What the dictionary gives the tagger."""

    lexicon: np.ndarray
    prefixes: np.ndarray
    syllables: np.ndarray


def folded(text: str, spans: Sequence[tuple[int, int]]) -> Folded:
    """A text as the tagger will see it, with the gold state of each sign."""
    data, offsets, _ = buffers(pa.array([text], pa.large_string()))
    units = np.empty(len(text) + 1, dtype=np.uint16)
    places = np.empty((2, len(text) + 1), dtype=np.int32)
    size = fold(data, offsets[0], offsets[1], 0, units, places, 0)
    return units[:size], _states(spans, places[:, :size])


def segments(text: Folded, words: Words) -> list[Segment]:
    """Feature rows and states of each segment of a text."""
    units, states = text
    found, begin = [], 0
    while begin < len(units):
        end = segment_end(units, begin, len(units))
        found.append((_rows(units, begin, end, words), states[begin:end]))
        begin = end
    return found


def _states(spans: Sequence[tuple[int, int]], places: np.ndarray) -> np.ndarray:
    states = np.zeros(places.shape[1], dtype=np.int8)
    for start, end in spans:
        inside = np.nonzero((places[0] >= start) & (places[1] <= end))[0]
        if len(inside) == 1:
            states[inside] = 4
        elif len(inside):
            states[inside] = 2
            states[inside[0]], states[inside[-1]] = 1, 3
    return states


@njit(cache=True)
def _rows(units, begin, end, tables):  # type: ignore[no-untyped-def]
    rows = np.empty((end - begin, FEATURES), dtype=np.int32)
    scratch = np.empty((SCRATCH, SEGMENT), dtype=np.int32)
    eojeol = np.empty((3, SEGMENT), dtype=np.int64)
    one = np.empty(FEATURES, dtype=np.int64)
    active = np.ones(SEGMENT, dtype=np.uint8)
    words = prepare(units, begin, end, active, tables.lexicon, tables.prefixes, scratch, eojeol)
    for at in range(end - begin):
        features_at(units, begin, end, at, tables.syllables, scratch, eojeol, words, one)
        rows[at] = one
    return rows


@njit(cache=True)
def _log_sum(values):  # type: ignore[no-untyped-def]
    top = values.max()
    return top if top < -1e29 else top + np.log(np.exp(values - top).sum())


@njit(cache=True)
def _forward(nodes, moves):  # type: ignore[no-untyped-def]
    ahead = np.empty_like(nodes)
    ahead[0] = nodes[0] + moves[0]
    for at in range(1, len(nodes)):
        for state in range(STATES):
            ahead[at, state] = nodes[at, state] + _log_sum(ahead[at - 1] + moves[:, state])
    return ahead


@njit(cache=True)
def _backward(nodes, moves):  # type: ignore[no-untyped-def]
    behind = np.empty_like(nodes)
    behind[-1] = moves[:, 0]
    for at in range(len(nodes) - 2, -1, -1):
        for state in range(STATES):
            behind[at, state] = _log_sum(behind[at + 1] + nodes[at + 1] + moves[state])
    return behind


@njit(cache=True)
def learn(rows, states, weights, moves, squares, move_squares, rate):  # type: ignore[no-untyped-def]
    """One AdaGrad step on one segment; `moves` holds -1e30 where a change of state is impossible."""
    size = len(states)
    nodes = np.zeros((size, STATES))
    for at in range(size):
        for feature in range(FEATURES):
            nodes[at] += weights[rows[at, feature]]
    ahead, behind = _forward(nodes, moves), _backward(nodes, moves)
    total = _log_sum(ahead[-1] + moves[:, 0])
    for at in range(size):
        for state in range(STATES):
            slope = np.exp(ahead[at, state] + behind[at, state] - total) - (states[at] == state)
            if abs(slope) > 1e-4:
                for feature in range(FEATURES):
                    row = rows[at, feature]
                    squares[row, state] += slope * slope
                    weights[row, state] -= rate * slope / np.sqrt(squares[row, state] + 1e-6)
    for at in range(size - 1):
        for one in range(STATES):
            for two in range(STATES):
                if moves[one, two] > -1e29:
                    chance = np.exp(ahead[at, one] + moves[one, two] + nodes[at + 1, two] + behind[at + 1, two] - total)
                    slope = chance - (states[at] == one and states[at + 1] == two)
                    if abs(slope) > 1e-4:
                        move_squares[one, two] += slope * slope
                        moves[one, two] -= 0.5 * rate * slope / np.sqrt(move_squares[one, two] + 1e-6)


def fit(training: Sequence[Segment], epochs: int = EPOCHS, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """(weights, moves) in nats. Some features are hidden in each step, so that no single one is leant on."""
    weights, squares = np.zeros((1 << BITS, STATES), np.float32), np.zeros((1 << BITS, STATES), np.float32)
    moves, move_squares = np.where(FOLLOWS, 0.0, -1e30), np.zeros((STATES, STATES))
    rng, hide = random.Random(seed), np.random.default_rng(seed)
    order = list(range(len(training)))
    for _ in range(epochs):
        rng.shuffle(order)
        for index in order:
            rows, states = training[index]
            hidden = np.where(hide.random(rows.shape, np.float32) < DROPOUT, 0, rows)
            learn(hidden, states, weights, moves, squares, move_squares, RATE)
        weights[0] = 0
    return weights * (1 - DROPOUT), moves


def rounded(weights: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint32 weights (four bytes, each plus 128) and int64 moves, both in 1/SCALE nats over `outside`."""
    steps = np.clip(np.rint((weights[:, 1:] - weights[:, :1]) * SCALE), -127, 127).astype(np.int64) + 128
    packed = steps[:, 0] | steps[:, 1] << 8 | steps[:, 2] << 16 | steps[:, 3] << 24
    return packed.astype(np.uint32), np.where(FOLLOWS, np.rint(moves * SCALE), -(1 << 30)).astype(np.int64)


def korean_names(path: Path) -> list[str]:
    """Three-syllable names of the dictionary whose first syllable is a usual surname."""
    names = {s for s, _, meaning in dictionary.entries(path) if meaning == "인명" and len(s) == 3}
    return sorted(name for name in names if name[0] in SURNAMES and all("가" <= sign <= "힣" for sign in name))


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MALMOI_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args(arguments)
    words = Words(*dictionary.tables(options.dictionary))
    names = korean_names(options.dictionary)
    training = [
        *corpus.examples(corpus.training_documents(options.data), names, SEED),
        *corpus.made_up(names, MADE_UP, SEED),
        *corpus.nameless(options.data, STATUTE_LINES, HEADNOTES, SEED),
    ]
    write(options.out, [folded(*example) for example in training], words, dictionary.name_bits(options.dictionary))
    print(f"{len(training)} texts, {options.out.stat().st_size / 1e6:.1f} MB")


def write(out: Path, texts: Sequence[Folded], words: Words, names: tuple[np.ndarray, np.ndarray]) -> None:
    """Trains tagger and gate on folded texts and writes the model."""
    weights, moves = rounded(*fit([segment for text in texts for segment in segments(text, words)]))
    gate = fit_gate(texts, words.syllables, SEED)
    np.savez_compressed(
        out,
        weights=weights,
        moves=moves,
        lexicon=words.lexicon,
        prefixes=np.packbits(words.prefixes),
        gate=gate,
        gate_least=GATE_LEAST,
        long_names=names[0],
        short_names=names[1],
        syllables=words.syllables,
    )


if __name__ == "__main__":
    main()
