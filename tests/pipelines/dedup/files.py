"""Files of documents with known duplicates, in every kind that `malmoi dedup` reads."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.records.errors import MalmoiError
from pipelines.dedup.alone import Job, deduplicate
from pipelines.dedup.rows import Columns
from pipelines.dedup.settings import Settings
from tests.end_to_end.conftest import letter

COLUMNS = Columns("id", "text")
KINDS = ["a.parquet", "a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst"]


def documents(count: int = 24) -> list[dict[str, Any]]:
    """Every third is a near copy of the one before, every eighth an exact one but for its spacing."""
    made = []
    for n in range(count):
        text = letter(n - 1) + " 끝." if n % 3 == 2 else letter(n)
        made.append({"id": f"d-{n:03d}", "text": letter(n - 2).replace(" ", "  ") if n % 8 == 7 else text})
    return made


def lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write(path: Path, rows: Sequence[Mapping[str, Any]], **options: Any) -> Path:
    """In the kind that the name says."""
    if path.name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(list(rows)), path, **options)
    elif path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(lines(rows), mtime=0))
    elif path.name.endswith(".zst"):
        path.write_bytes(pa.Codec("zstd").compress(lines(rows), asbytes=True))
    else:
        path.write_bytes(lines(rows))
    return path


def run(out: Path, *paths: Path, **options: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Rows of clusters.parquet by id, and the counters."""
    columns = options.pop("columns", COLUMNS)
    more = {key: options.pop(key) for key in ("overwrite", "threads") if key in options}
    stats = deduplicate(Job(paths, out, Settings(**options), columns, **more))
    return {row["id"]: row for row in pq.read_table(out / "clusters.parquet").to_pylist()}, stats


def kept(rows: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {name for name, row in rows.items() if row["keep"]}


def refused(tmp_path: Path, *paths: Path, **options: Any) -> str:
    """What the refusal says; nothing is left behind."""
    with pytest.raises(MalmoiError) as refusal:
        run(tmp_path / "out", *paths, **options)
    left = sorted(p.name for p in tmp_path.iterdir() if p not in paths)
    assert left == [], "something was left behind"
    return str(refusal.value)
