"""Timing, the corpus that is measured on, and the note of what it was measured with."""

from __future__ import annotations

import hashlib
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.ids import base32
from governance.records.schemas import DOCUMENT

ROUNDS = 5


def data_directory() -> Path:
    """The shared data: MALMOI_DATA, else beside the checkout."""
    return Path(os.environ.get("MALMOI_DATA") or Path(__file__).parents[4] / "shared" / "data")


def cpu_seconds(rounds: int, *cases: Callable[[], object]) -> list[float]:
    """Median processor seconds of each case, all threads together.

    The cases take turns, and processor time is counted instead of the clock's, because the machine is shared.
    """
    seconds: list[list[float]] = [[] for _ in cases]
    for _ in range(rounds):
        for taken, case in zip(seconds, cases, strict=True):
            start = time.process_time()
            case()
            taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in seconds]


def environment(*inputs: Path) -> dict[str, Any]:
    """Commit, machine, versions and checksums of the inputs."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "commit": commit,
        "machine": {"cpus": os.cpu_count(), "processor": platform.processor() or platform.machine()},
        "versions": {"python": platform.python_version(), "pyarrow": pa.__version__},
        "inputs": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs},
    }


def documents(source: Path) -> pa.Table:
    """Court decisions of the scale corpus in the released schema."""
    text = pq.read_table(source, columns=["text"])["text"].cast(pa.string()).combine_chunks()
    rows = len(text)
    measures = pa.StructArray.from_arrays(
        [
            pa.array([n % 1000 if pa.types.is_integer(f.type) else n % 997 / 997 for n in range(rows)], f.type)
            for f in DOCUMENT.field("quality").type
        ],
        fields=list(DOCUMENT.field("quality").type),
    )
    constant = {
        "source": "precedents",
        "sector": "government",
        "licence": "LicenseRef-KR",
        "language": "ko",
        "release_id": "r",
    }
    columns: dict[str, Any] = {name: pa.repeat(pa.scalar(value), rows) for name, value in constant.items()}
    columns |= {"doc_id": sorted(base32(hashlib.md5(str(n).encode()).digest()) for n in range(rows)), "text": text}
    columns |= {
        "quality": measures,
        "chars": pa.compute.utf8_length(text),
        "cluster_size": pa.array([1] * rows, pa.int32()),
    }
    columns["pii"] = [{"level": "pseudonymised", "counts": []}] * rows
    columns["lineage"] = [["normalise@1", "pii@1"]] * rows
    absent = {field.name: pa.nulls(rows, field.type) for field in DOCUMENT if field.name not in columns}
    return pa.table({**columns, **absent}).select(DOCUMENT.names).cast(DOCUMENT)
