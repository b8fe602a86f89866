"""Real Korean texts for the benchmark, read in place and written once to a Parquet file outside the checkout."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(os.environ.get("MALMOI_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


def _markdown(folder: str) -> list[str]:
    return [p.read_text("utf-8").split("---", 2)[-1] for p in sorted((DATA / folder).rglob("*.md"))]


def _petitions() -> list[str]:
    paths = sorted((DATA / "gov/petitions").glob("*.jsonl"))
    return [json.loads(line)["content"] for p in paths for line in p.read_text("utf-8").splitlines()]


def _reviews() -> list[str]:
    paths = sorted((DATA / "private/nsmc_raw").glob("[0-9]*.json"))
    return [row["review"] for p in paths for row in json.loads(p.read_text("utf-8")) if len(row["review"]) >= 30]


def mixed(documents: int) -> list[str]:
    """Statute versions, petitions, court decisions, then film reviews of 30 characters or more, up to `documents`."""
    texts = _markdown("gov/law_versions") + _petitions() + _markdown("gov/precedents_md") + _reviews()
    return [text for text in texts if text.strip()][:documents]


def decisions(documents: int) -> list[str]:
    """Court decisions of the scale set, the first so many."""
    paths = sorted((DATA / "scale").glob("*.parquet"))
    texts = pa.concat_tables([pq.read_table(p, columns=["text"]) for p in paths])["text"]
    return texts.slice(0, documents).to_pylist()


def short(documents: int) -> list[str]:
    """Documents of 48 words drawn with a fixed seed from the reviews as often as they come there, unlike each other;
    every twentieth is the one before it and two words more."""
    words, drawn = " ".join(_reviews()).split(), np.random.default_rng(3)
    made: list[str] = []
    while len(made) < documents:
        made += [" ".join([words[i] for i in row]) for row in drawn.integers(0, len(words), (20_000, 48)).tolist()]
    for n in range(19, documents, 20):
        made[n] = f"{made[n - 1]} {words[n % len(words)]} {words[7 * n % len(words)]}"
    return made[:documents]


def column(texts: list[str]) -> pa.LargeStringArray:
    """As Arrow text."""
    return pa.array(texts, pa.large_string())


def write(texts: list[str], path: Path) -> dict[str, str | int]:
    """Writes columns doc and text; returns what names the input in a result: documents, bytes, checksum."""
    table = pa.table({"doc": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    pq.write_table(table, path, compression="zstd")
    digest = hashlib.sha256()
    size = 0
    for text in texts:
        raw = text.encode()
        size += len(raw)
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return {"documents": len(texts), "bytes": size, "sha256": digest.hexdigest()}
