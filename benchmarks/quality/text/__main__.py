"""Runs all of it and writes the figures: `python -m benchmarks.quality.text [RESULT.json]`. No text is written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.circumstances import circumstances
from benchmarks.quality.text.bounds import beyond, dropped, judged_frame, spread
from benchmarks.quality.text.contamination import DISGUISES, alarms, recall
from benchmarks.quality.text.corpora import checksum, corpora, data_directory, decisions, suites
from transforms.decontaminate.index import index
from transforms.quality.defaults import DEFAULT_BOUNDS
from transforms.text.normalise import normalise


def main() -> None:
    """Measures on the real data; says so and stops when it is not there."""
    if not data_directory().is_dir():
        raise SystemExit(f"{data_directory()}: not there; set MALMOI_DATA")
    texts = corpora() | {"scale": normalise(decisions())}
    result = {
        "circumstances": circumstances(),
        "input_sha256": {name: checksum(text) for name, text in texts.items()},
        "bounds": _bounds(texts),
        "decontamination": _decontamination(texts),
    }
    written = json.dumps(result, indent=1, ensure_ascii=False)
    (Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("result.json")).write_text(written + "\n")
    print(written)


def _bounds(texts: dict[str, Any]) -> dict[str, Any]:
    frames = {name: judged_frame(text) for name, text in texts.items()}
    return {
        "default": {name: dict(bound) for name, bound in DEFAULT_BOUNDS.items()},
        "dropped": {name: dropped(frame) for name, frame in frames.items()},
        "beyond_gopher": {name: beyond(frame) for name, frame in frames.items()},
        "spread": {name: spread(frame) for name, frame in frames.items()},
    }


def _decontamination(texts: dict[str, Any]) -> dict[str, Any]:
    published = suites()
    built = index(published)
    hosts = texts["scale"].to_pylist()
    return {
        "index": {"items": len(built.items), "skipped": dict(built.skipped), "bytes": len(built.to_bytes())},
        "recall": {name: recall(published, built, hosts, disguise) for name, disguise in DISGUISES.items()},
        "alarms": {name: alarms(text, built) for name, text in texts.items()},
    }


if __name__ == "__main__":
    main()
