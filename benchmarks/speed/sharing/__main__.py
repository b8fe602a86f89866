"""How fast shards are served and decided on: `python -m benchmarks.speed.sharing [--rounds N] [--out FILE]`.

Ways take turns within a round, so that a busy machine hits all of them; medians are reported. Processor seconds a
gigabyte are the figure to compare, since the clock measures the neighbours too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import delta_sharing
import httpx
import psutil

from benchmarks.speed.governance.measure import data_directory, documents, environment
from benchmarks.speed.sharing.installation import BIG, BIG_BYTES, NOW, Installation, install
from governance.entitlements import Shard, entitled
from governance.policy import Policies, default_policies
from governance.sharing.client import pull
from governance.sharing.settings import open_store
from governance.store.sources import RecordedSource
from governance.terms import parse_terms

STREAMS = 8
WAYS = {
    "Starlette FileResponse, 64 KiB": ("file", 64 << 10),
    "ours, 64 KiB": ("ours", 64 << 10),
    "ours, 256 KiB": ("ours", 256 << 10),
    "ours, 1 MiB": ("ours", 1 << 20),
}
RANGES = 400


@dataclass(frozen=True)
class Running:
    """A server process and a bearer for it."""

    process: psutil.Process
    base: str
    bearer: str
    profile: Path

    def urls(self, corpus: str) -> list[str]:
        """Links to every file of a corpus."""
        path = f"{self.base}/shares/malmoi/schemas/pretrain/tables/{corpus}/query"
        answer = httpx.post(path, json={}, headers={"authorization": f"Bearer {self.bearer}"}, timeout=60)
        return [json.loads(line)["file"]["url"] for line in answer.text.splitlines()[2:]]

    def cpu(self) -> float:
        """Processor seconds so far."""
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def running(made: Installation, way: str, chunk: int) -> Iterator[Running]:
    """Starts a server and ends it."""
    command = [sys.executable, "-m", "benchmarks.speed.sharing.server", str(made.root), way, str(chunk)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        base = f"http://127.0.0.1:{int(process.stdout.readline())}/delta-sharing"
        profile = made.profile(base)
        bearer = json.loads(profile.read_text())["bearerToken"]
        yield Running(psutil.Process(process.pid), base, bearer, profile)
        process.stdin.close()


def read_all(url: str) -> int:
    """Downloads without keeping anything; bytes received."""
    parts = urlsplit(url)
    got, buffer = 0, bytearray(1 << 20)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        while count := connection.recv_into(buffer):
            got += count
    return got


def wire(made: Installation, rounds: int) -> dict[str, Any]:
    """MB/s and processor seconds a GB of each way, eight downloads at a time."""
    speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, (way, chunk) in WAYS.items():
            with running(made, way, chunk) as server:
                urls = server.urls("big")
                read_all(urls[0])
                before, start = server.cpu(), time.perf_counter()
                with ThreadPoolExecutor(STREAMS) as pool:
                    got = sum(pool.map(read_all, urls))
                seconds = time.perf_counter() - start
                assert got > BIG * BIG_BYTES
                speeds[name].append((got / 1e6 / seconds, (server.cpu() - before) / (got / 1e9)))
    return {
        name: {
            "MB_per_s": round(statistics.median(speed for speed, _ in found)),
            "cpu_s_per_GB": round(statistics.median(cpu for _, cpu in found), 2),
        }
        for name, found in speeds.items()
    }


def ranges(made: Installation) -> dict[str, float]:
    """Milliseconds of one small Range request, each authorised and recorded, over one connection."""
    with running(made, "ours", 256 << 10) as server, httpx.Client() as http:
        url = server.urls("big")[0]
        taken = []
        before = server.cpu()
        for number in range(RANGES):
            start = time.perf_counter()
            answer = http.get(url, headers={"range": f"bytes={number}-{number + 1023}"})
            taken.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 206
        cpu = (server.cpu() - before) / RANGES * 1000
    ordered = sorted(taken)
    return {
        "p50_ms": round(ordered[RANGES // 2], 2),
        "p99_ms": round(ordered[RANGES * 99 // 100], 2),
        "server_cpu_ms": round(cpu, 2),
    }


def clients(made: Installation, rounds: int) -> dict[str, Any]:
    """Seconds until a recipient has the court decisions: the Python client in both formats, and our pull."""
    taken: dict[str, list[float]] = {"delta-sharing, parquet": [], "delta-sharing, delta": [], "malmoi pull": []}
    with running(made, "ours", 256 << 10) as server:
        table = f"{server.profile}#malmoi.pretrain.decisions"
        for _ in range(rounds):
            for name, form in (("delta-sharing, parquet", False), ("delta-sharing, delta", True)):
                start = time.perf_counter()
                delta_sharing.load_as_pandas(table, use_delta_format=form)
                taken[name].append(time.perf_counter() - start)
            directory = made.root / "pulled"
            start = time.perf_counter()
            report = pull(server.profile, "decisions", directory, public_key_pem=made.public_key)
            taken["malmoi pull"].append(time.perf_counter() - start)
            shutil.rmtree(directory)
    seconds = {name: round(statistics.median(found), 2) for name, found in taken.items()}
    return {"documents": report.documents, "MB": round(report.bytes / 1e6, 1), "seconds": seconds}


def decisions(root: Path, shards: int = 10_000, sources: int = 100) -> dict[str, float]:
    """Milliseconds to decide on every shard of a large corpus."""
    store = open_store(root)
    recipient = store.recipients.get("body")
    terms = parse_terms("s", {"licence": "CC0-1.0", "holder": "h", "legal_basis": "licence", "evidence": "e"})
    for number in range(sources):
        store.sources.record("wide", f"s{number}", RecordedSource(terms, "pseudonymised"), at=NOW)
    made = [
        Shard("wide", f"shards/s{n % sources}/cc0-1.0/{n}.parquet", f"s{n % sources}", "cc0-1.0", 1)
        for n in range(shards)
    ]
    policies = Policies.load(default_policies())
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        entitled(recipient, made, NOW, policies, store, purpose="pretrain")
        taken.append((time.perf_counter() - start) * 1000)
    store.close()
    return {"shards": shards, "sources": sources, "ms": round(statistics.median(taken), 1)}


def main() -> None:
    """Measures and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    source = sorted((data_directory() / "scale").glob("*.parquet"))[0]
    with tempfile.TemporaryDirectory(prefix="malmoi-bench-") as directory:
        made = install(Path(directory) / "home", documents(source))
        result = environment(source) | {
            "wire": {"GB": round(BIG * BIG_BYTES / 1e9, 2), "downloads_at_once": STREAMS, **wire(made, options.rounds)},
            "range_request": ranges(made),
            "clients": clients(made, options.rounds),
            "entitled": decisions(made.root),
        }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    sys.stdout.write(text + "\n")
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
