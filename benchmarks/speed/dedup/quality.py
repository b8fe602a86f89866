"""What a keep-set is worth, judged by exact Jaccard: recall over true pairs, precision over removals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.speed.dedup.oracle import all_pairs
from transforms.dedup.minhash import signatures
from transforms.dedup.shingles import jaccard, shingles

WIDTH, BOUND = 5, 0.8
# Lengths (characters) in which estimates are judged.
CLASSES = {"30-100": (30, 100), "200-1000": (200, 1000), "over 1500": (1500, 1 << 30)}


class Truth:
    """All pairs of a corpus at Jaccard .5 or more."""

    def __init__(self, text: pa.LargeStringArray) -> None:
        self.text = text
        self.left, self.right, self.jaccard = all_pairs(text, width=WIDTH, least=0.5)

    def judge(self, kept: np.ndarray) -> dict[str, Any]:
        """Figures of a keep-set given by row numbers.

        recall: share of pairs at J >= .85 (and .8) of which at most one member is kept. precision: share of removed
        documents that have a kept document at J >= .8. lost: removed documents without any kept one at J >= .5.
        """
        stays = np.zeros(len(self.text), bool)
        stays[kept] = True
        settled = ~(stays[self.left] & stays[self.right])
        best = np.zeros(len(self.text))
        for one, other in ((self.left, self.right), (self.right, self.left)):
            np.maximum.at(best, one[stays[other]], self.jaccard[stays[other]])
        removed = ~stays
        return {
            "removed": int(removed.sum()),
            "recall_85": float(settled[self.jaccard >= 0.85].mean()),
            "recall_80": float(settled[self.jaccard >= BOUND].mean()),
            "precision_80": float((best[removed] >= BOUND).mean()) if removed.any() else 1.0,
            "lost": int((best[removed] < 0.5).sum()),
        }


def graded_pairs(texts: list[str], count: int, seed: int) -> tuple[list[str], list[str]]:
    """Real texts and copies with a growing share of characters replaced by others of the same text."""
    drawn = np.random.default_rng(seed)
    one = [texts[i] for i in drawn.permutation(len(texts))[:count].tolist()]
    other = []
    for place, text in enumerate(one):
        chars = np.array(list(text))
        hit = drawn.random(len(chars)) < 0.15 * (place + 1) / count
        chars[hit] = drawn.permutation(chars)[: hit.sum()]
        other.append("".join(chars))
    return one, other


def error(one: list[str], other: list[str], estimate: np.ndarray) -> dict[str, float]:
    """Root mean square error over the standard error of plain MinHash (1.0), and the bias."""
    text = pa.array(one + other, pa.large_string())
    rows = np.arange(len(one))
    true = jaccard(shingles(text, width=WIDTH), rows, rows + len(one))
    inside = (true > 0) & (true < 1)
    off = (estimate - true)[inside]
    theory = true[inside] * (1 - true[inside]) / 128
    return {"rmse_over_theory": float(np.sqrt((off**2).mean() / theory.mean())), "bias": float(off.mean())}


def estimate_ours(one: list[str], other: list[str], a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of equal rows of our signatures."""
    text = pa.array(one + other, pa.large_string())
    signed = signatures(text, width=WIDTH, seed=0, a=a, b=b)
    return (signed[: len(one)] == signed[len(one) :]).mean(axis=1)
