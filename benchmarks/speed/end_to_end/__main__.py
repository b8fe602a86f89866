"""`python -m benchmarks.speed.end_to_end [--runs 5] [--peers DIR] [--files 4] [--out FILE]`.

Contenders run by turns in processes of their own on the same files with two workers; imports are not counted, ours
neither in the launcher nor in the server that workers are forked from (`load_s` has both). Peak memory is that of the
whole process tree, sampled, shared pages once. Then Malmoi alone on one file and on three times as many.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from blake3 import blake3

from benchmarks.circumstances import circumstances, peer_version

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
DATA = Path(os.environ.get("MALMOI_DATA", ROOT.parent / "shared" / "data")) / "scale"
WORKERS = 2


def _peak(process: subprocess.Popen[str], found: dict[str, float]) -> None:
    """Samples the memory of a process and its children until it ends; pages that they share count once."""
    root = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            total = sum(map(_share, [root, *root.children(recursive=True)]))
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            continue
        found["peak_tree_mb"] = max(found.get("peak_tree_mb", 0.0), total / 1024)
        time.sleep(0.1)


def _share(process: psutil.Process) -> int:
    """Proportional set size, KiB."""
    lines = Path("/proc", str(process.pid), "smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _run(command: list[str], source: Path, target: Path) -> dict[str, Any]:
    shutil.rmtree(target, ignore_errors=True)
    full = [*command, str(source), str(target), str(WORKERS)]
    before = os.times()
    process = subprocess.Popen(full, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    memory: dict[str, float] = {}
    watcher = threading.Thread(target=_peak, args=(process, memory))
    watcher.start()
    out, error = process.communicate()
    watcher.join()
    after = os.times()
    lines = [line for line in out.splitlines() if line.startswith("MEASURED ")]
    if process.returncode or not lines:
        raise SystemExit(f"{full[1]} failed: {error[-1500:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(lines[-1].removeprefix("MEASURED ")) | memory | {"cpu_s": cpu}


def _contenders(peers: Path) -> dict[str, list[str]]:
    ours = [sys.executable, "-m", "benchmarks.speed.end_to_end.ours"]
    # datatrove's regular expressions look for structured identifiers, not for names: the second is its like.
    known = {"malmoi": ours, "malmoi, without names": [*ours, "--skip", "name"]}
    python = peers / "datatrove" / "bin" / "python"
    if python.exists():
        known["datatrove"] = [str(python), str(HERE / "datatrove_recipe.py")]
    return known


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = {k for k, v in runs[0].items() if isinstance(v, int | float)}
    middle = {key: statistics.median(run[key] for run in runs) for key in sorted(numbers)}
    return (
        middle | ({"stages": runs[-1]["stages"]} if "stages" in runs[0] else {}) | {"runs": [r["wall_s"] for r in runs]}
    )


def _input(folder: Path, files: int, times: int = 1) -> tuple[Path, dict[str, Any]]:
    """A directory with some of the scale files, and what is in them; `times` repeats them with ids of their own."""
    folder.mkdir(parents=True)
    hasher, documents, size = blake3(), 0, 0
    for path in sorted(DATA.glob("*.parquet"))[:files]:
        table = pq.read_table(path)
        hasher.update(path.read_bytes())
        for turn in range(times):
            marked = _marked(table, turn)
            documents, size = (
                documents + marked.num_rows,
                size + sum(len(t.encode()) for t in marked["text"].to_pylist()),
            )
            pq.write_table(marked, folder / f"{turn}-{path.name}", compression="zstd", row_group_size=1000)
    return folder, {"documents": documents, "text_mb": size / 1e6, "blake3": hasher.hexdigest()[:32]}


def _marked(table: pa.Table, turn: int) -> pa.Table:
    """The table with other texts in each turn: every character moved on, so that a repeat is no duplicate."""
    if not turn:
        return table
    texts = [_moved(text, turn) for text in table["text"].to_pylist()]
    ids = [f"{turn}/{name}" for name in table["native_id"].to_pylist()]
    return pa.table({"native_id": ids, "text": pa.array(texts, pa.large_string())})


def _moved(text: str, turn: int) -> str:
    return "".join(chr((ord(c) - 0xAC00 + 28 * turn) % 11172 + 0xAC00) if "가" <= c <= "힣" else c for c in text)


def main() -> None:
    """Measures everything and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.end_to_end", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("MALMOI_PEERS", "peers")))
    parser.add_argument("--out", type=Path, default=HERE / "result.json")
    chosen = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"no real data at {DATA}; set MALMOI_DATA")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, about = _input(folder / "input", chosen.files)
        contenders = _contenders(chosen.peers)
        # Kernels are compiled once and cached; that is installation, not work.
        _run(contenders["malmoi"], _input(folder / "warm", 1)[0], folder / "out")
        found: dict[str, list[dict[str, Any]]] = {}
        for turn in range(chosen.runs):
            for who, command in contenders.items():
                found.setdefault(who, []).append(_run(command, source, folder / "out"))
                print(f"run {turn + 1} of {chosen.runs}: {who}: {found[who][-1]['wall_s']:.1f} s", flush=True)
        rows = {who: _middle(runs) for who, runs in found.items()}
        for row in rows.values():
            row["mb_per_s"] = about["text_mb"] / row["wall_s"]
            row["documents_per_s"] = about["documents"] / row["wall_s"]
        _run(contenders["malmoi"], source, folder / "out")
        limits = _limits(rows["malmoi"]["stages"], source, folder / "out")
        scaling = _scaling(folder, contenders["malmoi"])
    packages = {name: version(name) for name in ("apache-beam", "pyarrow", "polars", "numba")}
    result = circumstances() | {
        "versions": packages,
        "input": about,
        "contenders": rows,
        "limits": limits,
        "scaling": scaling,
    }
    if "datatrove" in rows:
        result["versions"]["datatrove"] = peer_version(chosen.peers, "datatrove", "datatrove")
        slowest = rows["datatrove"]["wall_s"]
        result["times_datatrove"] = {who: slowest / row["wall_s"] for who, row in rows.items()}
    chosen.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {chosen.out}")


def _limits(stages: list[dict[str, Any]], source: Path, out: Path) -> dict[str, Any]:
    """Of the stages that move text: MB/s a core, and what reading and writing the same bytes alone reaches."""
    command = [sys.executable, "-m", "benchmarks.speed.end_to_end.limits", str(source), str(out)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1].removeprefix("MEASURED "))
    for stage in stages:
        if stage["stage"] in found:
            limit = found[stage["stage"]]
            limit["mb_per_s"] = stage["mb"] / stage["cpu_s"]
            limit["share_of_limit"] = limit["mb_per_s"] / limit["limit_mb_per_s"]
    return found


def _scaling(folder: Path, command: list[str]) -> dict[str, Any]:
    """One and three times as much, without new duplicates: time and memory."""
    found = {}
    for times in (1, 3):
        source, about = _input(folder / f"times-{times}", 2, times)
        measured = [_run(command, source, folder / "out") for _ in range(3)]
        found[f"x{times}"] = about | _middle(measured)
    found["time_ratio"] = found["x3"]["wall_s"] / found["x1"]["wall_s"]
    grown = found["x3"]["peak_tree_mb"] - found["x1"]["peak_tree_mb"]
    found["peak_growth_bytes_per_document"] = grown * 2**20 / (found["x3"]["documents"] - found["x1"]["documents"])
    return found


if __name__ == "__main__":
    main()
