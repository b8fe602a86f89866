"""Runs all of it and writes the figures: `python -m benchmarks.speed.text [RESULT.json]`. MB are 10^6 bytes."""

from __future__ import annotations

import importlib.metadata
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from benchmarks.circumstances import circumstances
from benchmarks.quality.text.bounds import judged_frame
from benchmarks.quality.text.corpora import checksum, corpora, data_directory, decisions, suites
from benchmarks.speed.text.expressions import COUNTS, REPEATS, by_expression
from transforms.decontaminate.index import index
from transforms.decontaminate.match import contaminated
from transforms.language.identify import identify
from transforms.quality.defaults import DEFAULT_BOUNDS
from transforms.quality.judge import Bounds, judge
from transforms.quality.rules import measure
from transforms.text.keys import raw_digests, text_form, text_keys
from transforms.text.normalise import normalise

ROUNDS = 5
KEY = bytes(32)
BATCH_BYTES = 16 << 20  # what a task of the pipeline holds
Cases = dict[str, Callable[[], object]]


def main() -> None:
    """Measures on the real data; says so and stops when it is not there."""
    if not data_directory().is_dir():
        raise SystemExit(f"{data_directory()}: not there; set MALMOI_DATA")
    raw = decisions()
    texts = {name: text for name, text in corpora().items() if name in ("petitions", "programming guide", "reviews")}
    result = {
        "circumstances": circumstances(),
        "versions": {name: importlib.metadata.version(name) for name in ("numba", "numpy", "polars", "pyarrow")},
        "input_sha256": {"decisions": checksum(raw)} | {name: checksum(text) for name, text in texts.items()},
        "mb_per_cpu_second": {"decisions": _text_rates(raw)}
        | {name: _text_rates(text) for name, text in texts.items()},
        "polars_mb_per_cpu_second": _polars_rates(raw),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }
    written = json.dumps(result, indent=1)
    (Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("result.json")).write_text(written + "\n")
    print(written)


def batches(text: pa.LargeStringArray) -> list[pa.LargeStringArray]:
    """Rows in slices of about BATCH_BYTES, as the pipeline hands them over."""
    ends = np.cumsum([len(row.as_buffer()) for row in text])
    cuts = [0, *(np.flatnonzero(np.diff(ends // BATCH_BYTES)) + 1).tolist(), len(text)]
    return [text[a:b] for a, b in pairwise(cuts)]


def rates(text: pa.LargeStringArray, cases: Cases) -> dict[str, float]:
    """MB of text a second of processor time: median of rounds in which the cases take turns, compilation left out."""
    for case in cases.values():
        case()
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, case in cases.items():
            start = time.process_time()
            case()
            seconds[name].append(time.process_time() - start)
    size = sum(len(row.as_buffer()) for row in text) / 1e6
    return {name: round(size / statistics.median(taken), 1) for name, taken in seconds.items()}


def _text_rates(raw: pa.LargeStringArray) -> dict[str, float]:
    parts = batches(raw)
    clean = [normalise(part) for part in parts]
    measures = [measure(part) for part in clean]
    built, bounds, frame = index(suites()), Bounds.parse(DEFAULT_BOUNDS), judged_frame(raw)
    cases: Cases = {
        "normalise, as it came": lambda: [normalise(part) for part in parts],
        "normalise, clean": lambda: [normalise(part) for part in clean],
        "raw_digests": lambda: [raw_digests(part) for part in parts],
        "text_form": lambda: [text_form(part) for part in clean],
        "text_keys": lambda: [text_keys(part, KEY) for part in clean],
        "measure": lambda: [measure(part) for part in clean],
        "identify": lambda: [identify(part, found) for part, found in zip(clean, measures, strict=True)],
        "judge": lambda: judge(frame, bounds),
        "contaminated": lambda: [contaminated(part, built) for part in clean],
        "copy (the limit)": lambda: np.frombuffer(raw.buffers()[2], np.uint8).copy(),
    }
    return rates(raw, cases)


def _polars_rates(raw: pa.LargeStringArray) -> dict[str, Any]:
    frame = pl.DataFrame({"text": pl.Series(raw, dtype=pl.String)})
    small = raw[: len(raw) // 16]
    few = pl.DataFrame({"text": pl.Series(small, dtype=pl.String)})
    counted = rates(raw, {"twelve counts": lambda: by_expression(frame, COUNTS)})
    return counted | rates(small, {name: lambda e=e: by_expression(few, {"x": e}) for name, e in REPEATS.items()})


if __name__ == "__main__":
    main()
