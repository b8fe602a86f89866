"""`python -m benchmarks.speed.dedup [--runs 5] [--documents 10000] [--peers DIR] [--out FILE]`.

Contenders read the same Parquet file and write the rows they keep, each in a process of its own, by turns; imports
are not counted. Ours is what `malmoi dedup` runs. A peer is measured where DIR/<name>/bin/python exists. Widths, bands
and permutations are equal.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.speed.dedup import corpus, quality
from transforms.dedup.minhash import signatures
from transforms.dedup.presets import preset

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = Path(__file__).parent / "peers"
# Contender: its virtual environment under --peers, its script, the distribution whose version is reported.
PEERS = {
    "datatrove": ("datatrove", "datatrove_steps", "datatrove"),
    "datasketch": ("datasketch", "datasketch_bulk", "datasketch"),
    "rensa": ("rensa", "rensa_sets", "rensa"),
    "text-dedup": ("textdedup", "text_dedup_minhash", "text-dedup"),
    "data-juicer": ("datajuicer", "data_juicer_op", "py-data-juicer"),
}


def _commands(peers: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """How each contender is started: ours with one and two threads, then every peer that is installed."""
    ours = [sys.executable, "-m", "benchmarks.speed.dedup.peers.malmoi"]
    allocator = {"ARROW_DEFAULT_MEMORY_POOL": "jemalloc"}  # as `malmoi` itself has it: pipelines/__init__.py
    threads = {n: {"NUMBA_NUM_THREADS": str(n), "POLARS_MAX_THREADS": str(n)} | allocator for n in (1, 2)}
    known: dict[str, tuple[list[str], dict[str, str]]] = {
        OURS: (ours, threads[1]),
        "malmoi, 2 threads": (ours, threads[2]),
        "malmoi with the exact level, 1 thread": (ours, threads[1] | {"MALMOI_EXACT": "1"}),
    }
    for name, (folder, script, _) in PEERS.items():
        python = peers / folder / "bin" / "python"
        if python.exists():
            known[name] = ([str(python), str(SCRIPTS / f"{script}.py")], {"RAYON_NUM_THREADS": "1"})
    return known


OURS = "malmoi, 1 thread"


def _run(command: list[str], extra: dict[str, str], source: Path, target: Path) -> dict[str, float]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", **extra}
    done = subprocess.run(
        [*command, str(source), str(target)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("MEASURED ")]
    if done.returncode or not lines:
        raise SystemExit(f"{command[-1]} failed: {done.stderr[-800:]}")
    return json.loads(lines[-1].removeprefix("MEASURED "))


def contenders(folder: Path, peers: Path, documents: int, runs: int) -> dict[str, Any]:
    """Time and worth of every contender on the mixed corpus."""
    texts = corpus.mixed(documents)
    source = folder / "mixed.parquet"
    about = corpus.write(texts, source)
    truth = quality.Truth(corpus.column(texts))
    found: dict[str, list[dict[str, float]]] = {}
    commands = _commands(peers)
    for turn in range(runs):
        for name, (command, extra) in commands.items():
            found.setdefault(name, []).append(_run(command, extra, source, folder / f"{name}.parquet"))
            print(f"  run {turn + 1} of {runs}: {name}: {found[name][-1]}", flush=True)
    rows = {}
    for name, measured in found.items():
        middle = {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        kept = pq.read_table(folder / f"{name}.parquet")["doc"].to_numpy()
        rows[name] = {
            **middle,
            "runs": measured,
            "mb_per_cpu_s": about["bytes"] / 1e6 / middle["cpu_s"],
            "mb_per_s": about["bytes"] / 1e6 / middle["wall_s"],
            **truth.judge(kept),
        }
    for row in rows.values():
        row |= {f"times_ours_{kind}": row[kind] / rows[OURS][kind] for kind in ("wall_s", "cpu_s")}
    pairs = {f"J>={bound}": int((truth.jaccard >= bound).sum()) for bound in (0.5, 0.7, 0.8, 0.85)}
    return {"input": about, "oracle_pairs": pairs, "contenders": rows}


def kernel(runs: int) -> dict[str, Any]:
    """Signatures alone: MB/s of wall and of CPU time, one and two threads."""
    found: dict[str, Any] = {}
    for name, texts in (("decisions", corpus.decisions(6000)), ("mixed", corpus.mixed(10_000))):
        text = corpus.column(texts)
        size = sum(len(t.encode()) for t in texts) / 1e6
        for chosen in (preset("korean"), preset("curator-20x13")):
            call = {"width": chosen.width, "seed": chosen.seed, "a": chosen.a, "b": chosen.b}
            for threads in (1, 2):
                spent = []
                for _ in range(runs):
                    wall, cpu = time.perf_counter(), time.process_time()
                    signatures(text, **call, threads=threads)
                    spent.append((time.perf_counter() - wall, time.process_time() - cpu))
                found[f"{name}, {chosen.name}, {threads} thread{'s' * (threads > 1)}"] = {
                    "megabytes": size,
                    "mb_per_s_median": size / statistics.median(wall for wall, _ in spent),
                    "mb_per_s_best": size / min(wall for wall, _ in spent),
                    "mb_per_cpu_s_median": size / statistics.median(cpu for _, cpu in spent),
                    "mb_per_cpu_s_best": size / min(cpu for _, cpu in spent),
                }
    return found


def errors(folder: Path, peers: Path) -> dict[str, Any]:
    """Error of Jaccard estimates against theory, next to the peers' sketches."""
    found: dict[str, Any] = {}
    texts = corpus.mixed(10_000)
    chosen = preset("korean")
    for label, (least, most) in quality.CLASSES.items():
        one, other = quality.graded_pairs([t for t in texts if least <= len(t) < most], 1000, seed=1)
        found[label] = {"malmoi": quality.error(one, other, quality.estimate_ours(one, other, chosen.a, chosen.b))}
        source = folder / "graded.parquet"
        corpus.write(one + other, source)
        for name in ("datasketch", "rensa"):
            python = peers / name / "bin" / "python"
            if python.exists():
                target = folder / f"{name}.npy"
                subprocess.run([python, SCRIPTS / "sketches.py", name, source, target], check=True)
                rows = np.load(target)
                equal = (rows[: len(one)] == rows[len(one) :]).mean(axis=1)
                found[label][name] = quality.error(one, other, equal)
    return found


# Both sizes of short documents are above what is kept in memory between the passes.
SIZES = {"decisions": (3_087, 30_870), "short": (300_000, 3_000_000)}


def scaling(folder: Path, runs: int) -> dict[str, Any]:
    """Ours on a tenth of a corpus and on all of it, long documents and short: time, and memory a million documents."""
    ours, extra = _commands(Path("none"))[OURS]
    found: dict[str, Any] = {}
    for name, sizes in SIZES.items():
        for documents in sizes:
            source = folder / f"{name}-{documents}.parquet"
            about = corpus.write(getattr(corpus, name)(documents), source)
            measured = [_run(ours, extra, source, folder / "kept.parquet") for _ in range(min(runs, 3))]
            middle = {key: statistics.median(run[key] for run in measured) for key in measured[0]}
            found[f"{name}-{documents}"] = {**about, **middle, "mb_per_cpu_s": about["bytes"] / 1e6 / middle["cpu_s"]}
        small, large = (found[f"{name}-{documents}"] for documents in sizes)
        found[f"{name}: ten times the documents"] = {
            "wall_times": large["wall_s"] / small["wall_s"],
            "cpu_times": large["cpu_s"] / small["cpu_s"],
            "peak_mb_a_million_documents_more": (large["peak_mb"] - small["peak_mb"]) / (sizes[1] - sizes[0]) * 1e6,
        }
    return found


def circumstances() -> dict[str, Any]:
    """Commit, machine, versions and load, without which a figure says nothing."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    packages = ("numpy", "numba", "polars", "pyarrow", "datasketch")
    return {
        "commit": commit.strip(),
        "machine": {"cpu": model, "cores": os.cpu_count(), "load_average": os.getloadavg()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }


def peer_versions(peers: Path) -> dict[str, str]:
    """Versions of the peers that are installed."""
    found = {}
    for name, (folder, _, distribution) in PEERS.items():
        python = peers / folder / "bin" / "python"
        if python.exists():
            code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
            found[name] = subprocess.run(
                [python, "-c", code], capture_output=True, text=True, check=True
            ).stdout.strip()
    return found


def main() -> None:
    """Measures everything and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.dedup", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("MALMOI_PEERS", "peers")))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("result.json"))
    chosen = parser.parse_args()
    if not corpus.DATA.is_dir():
        raise SystemExit(f"no real data at {corpus.DATA}; set MALMOI_DATA")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = circumstances()
        result = {
            **before,
            "peer_versions": peer_versions(chosen.peers),
            "signatures": kernel(chosen.runs),
            "estimate_error": errors(folder, chosen.peers),
            "scaling": scaling(folder, chosen.runs),
            "near_dedup": contenders(folder, chosen.peers, chosen.documents, chosen.runs),
        }
    result["machine"]["load_average_after"] = os.getloadavg()
    chosen.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"written: {chosen.out}")


if __name__ == "__main__":
    main()
