"""Speed of finding and protecting personal information: `python -m benchmarks.speed.pii`.

    --data PATH    the shared data (MALMOI_DATA)
    --peers PATH   folder of virtual environments, one a tool; without it only Malmoi is measured
    --runs N       interleaved runs; the median is reported (5)

Processor time of one thread, imports and compilation excluded. Peers read the first PEER_MB of the same texts. Writes
result.json beside this file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.circumstances import circumstances, peer_version
from benchmarks.quality.pii.peers import PEERS
from transforms.pii.kinds import Kind
from transforms.pii.normalise import normalise_windows
from transforms.pii.policy import PiiPolicy
from transforms.pii.protect import protect
from transforms.pii.scan import scan
from transforms.pii.sensitive import sensitive_sentences
from transforms.pii.tagger import SCALE, tag
from transforms.pii.unique import destroy_unique_ids
from transforms.pii.windows import Trigger, find_windows

RESULT = Path(__file__).with_name("result.json")
DECISIONS_MB, PEER_MB, HOSTILE_MB = 20, 0.5, 10
KEY = bytes(range(32))
UNNAMED = [kind for kind in Kind if kind is not Kind.NAME]


def texts(data: Path) -> dict[str, pa.Array]:
    """Petitions, and the first DECISIONS_MB of court decisions."""
    lines = [
        json.loads(line)["content"]
        for path in sorted((data / "gov" / "petitions").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    decisions = pq.read_table(data / "scale" / "precedents-00.parquet")["text"].combine_chunks().cast(pa.large_string())
    return {"petitions": pa.array(lines, pa.large_string()), "decisions": _first(decisions, DECISIONS_MB)}


def _first(column: pa.Array, megabytes: float) -> pa.Array:
    sizes = pc.cumulative_sum(pc.binary_length(column)).to_numpy()
    return column.slice(0, max(1, int((sizes < megabytes * 1e6).sum())))


def _bytes(column: pa.Array) -> int:
    return int(pc.sum(pc.binary_length(column)).as_py())


def steps(column: pa.Array) -> dict[str, Callable[[], object]]:
    """What is timed, from one layer to the whole."""
    ids = pa.array([str(number) for number in range(len(column))])
    return {
        "windows": lambda: find_windows(column),
        "windows_and_normalising": lambda: _normalised(column),
        "scan_without_names": lambda: scan(column, kinds=UNNAMED),
        "names": lambda: tag(column, SCALE),
        "scan": lambda: scan(column),
        "destroy_unique_ids": lambda: destroy_unique_ids(column),
        "sensitive": lambda: sensitive_sentences(column),
        "protect": lambda: protect({"text": column}, ids, policy=PiiPolicy(), key=KEY),
    }


def _normalised(column: pa.Array) -> None:
    windows = find_windows(column)
    for trigger in Trigger:
        chosen = windows.of(trigger)
        if len(chosen.row):
            normalise_windows(column, chosen)


def timed(work: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Median seconds of processor time of each step; runs are interleaved."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(runs):
        for name, step in work.items():
            start = time.process_time()
            step()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def malmoi(corpora: dict[str, pa.Array], runs: int) -> dict[str, Any]:
    """MB/s of each step on each corpus."""
    figures = {}
    for name, column in corpora.items():
        work = steps(column)
        for step in steps(column.slice(0, 2)).values():
            step()
        size = _bytes(column)
        figures[name] = {"bytes": size, **{s: round(size / 1e6 / t, 1) for s, t in timed(work, runs).items()}}
    return figures


def hostile() -> dict[str, float]:
    """Seconds for HOSTILE_MB of digits and hyphens in one document."""
    column = pa.array(["12345-678 " * int(HOSTILE_MB * 1e5)], pa.large_string())
    start = time.process_time()
    scan(column)
    return {"megabytes": HOSTILE_MB, "seconds": round(time.process_time() - start, 2)}


def peers_beside(corpora: dict[str, pa.Array], folder: Path) -> dict[str, Any]:
    """MB/s of every peer that is installed, on the first PEER_MB of each corpus."""
    figures: dict[str, Any] = {}
    for peer in PEERS:
        if (folder / peer.folder).is_dir():
            figures[peer.folder] = {"version": peer_version(folder, peer.folder, peer.distribution)}
            for name, column in corpora.items():
                part = _first(column, PEER_MB)
                _, seconds = peer.run(folder, part.to_pylist())
                figures[peer.folder][name] = round(_bytes(part) / 1e6 / seconds, 2)
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("MALMOI_DATA", "../shared/data")))
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args(arguments)
    corpora = texts(options.data)
    digest = {
        name: hashlib.sha256("\0".join(column.to_pylist()).encode()).hexdigest() for name, column in corpora.items()
    }
    result = {
        **circumstances(),
        "input": digest,
        "runs": options.runs,
        "unit": "MB of UTF-8 per second of processor time, one thread",
        "malmoi": malmoi(corpora, options.runs),
        "hostile": hostile(),
        "peers": peers_beside(corpora, options.peers) if options.peers else {},
    }
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({"malmoi": result["malmoi"], "hostile": result["hostile"], "peers": result["peers"]}, indent=1))


if __name__ == "__main__":
    main()
