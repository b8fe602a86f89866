"""Names of persons (성명), by the tagger, and what the tagger may not decide.

Source of truth: the tagger's training figures in benchmarks/quality/pii. Single letters (A, B) and circles (김○○)
that courts and papers put for a name are no findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from transforms.pii.tagger import SCALE, tag

LABEL = "name@1"
LENIENCE = SCALE  # also finds spans that lose to no name by less than a nat a sign; their score tells them apart
SLOPE = 100  # per mille a nat
EVEN = 450  # score where name and no name weigh the same
_NAMELESS = re.compile(r"[A-Za-z]{1,2}|.*[○◯\u3007*×△□].*|[0-9\W_]+")


class NameSpan(NamedTuple):
    """One name: row, half-open code points, score per mille."""

    row: int
    start: int
    end: int
    score: int


def find_names(text: pa.Array) -> Iterator[NameSpan]:
    """Names of a string column, best paths only, with scores from 1 to 990."""
    known, content = -1, ""
    for row, start, end, margin in tag(text, LENIENCE).tolist():
        if row != known:
            known, content = row, text[row].as_py()
        if not _NAMELESS.fullmatch(content[start:end]):
            yield NameSpan(row, start, end, score_of(margin))


def score_of(margin: int) -> int:
    """Per mille of a margin in 1/SCALE nats: EVEN at zero, SLOPE a nat, between 1 and 990."""
    return max(1, min(990, EVEN + margin * SLOPE // SCALE))
