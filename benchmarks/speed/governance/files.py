"""Parquet: what our restrictions cost, which row group suits readers, what encryption costs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import governance.parquet
from benchmarks.speed.governance.measure import ROUNDS, best_of
from governance.keys import public_id
from governance.parquet import write_released
from governance.restricted import read_restricted, write_restricted


def row_groups(table: pa.Table, directory: Path) -> list[dict[str, Any]]:
    """Size, speed and cost of one look-up for several row group sizes, beside pyarrow's and Polars' own files."""
    found = [
        _plain(table, directory / "pyarrow.parquet", None),
        _plain(table, directory / "pyarrow-64Ki.parquet", 65_536),
    ]
    before = governance.parquet.ROW_GROUP_BYTES
    for mebibytes in (1, 4, 8, 16, 32, 128):
        governance.parquet.ROW_GROUP_BYTES = mebibytes << 20
        path = directory / f"ours-{mebibytes}.parquet"
        (seconds,) = best_of(ROUNDS, lambda path=path: write_released(path, table))
        found.append({"file": f"ours, {mebibytes} MiB", **_figures(table, path, seconds)})
    governance.parquet.ROW_GROUP_BYTES = before
    return found


def _plain(table: pa.Table, path: Path, rows: int | None) -> dict[str, Any]:
    def write() -> None:
        pq.write_table(table, path, compression="zstd", compression_level=3, row_group_size=rows)

    (seconds,) = best_of(ROUNDS, write)
    return {"file": path.stem, **_figures(table, path, seconds)}


def _figures(table: pa.Table, path: Path, seconds: float) -> dict[str, Any]:
    wanted = table["doc_id"][table.num_rows // 2].as_py()
    megabytes = table["text"].nbytes / 1e6
    whole, lazy, one = best_of(
        ROUNDS,
        lambda: pq.read_table(path),
        lambda: pl.scan_parquet(path).select(pl.col("text").str.len_bytes().sum()).collect(),
        lambda: ds.dataset(path).to_table(columns=["text"], filter=ds.field("doc_id") == wanted),
    )
    return {
        "mb": round(path.stat().st_size / 1e6, 1),
        "row_groups": pq.read_metadata(path).num_row_groups,
        "write_mb_s": round(megabytes / seconds, 1),
        "read_mb_s": round(megabytes / whole, 1),
        "polars_text_mb_s": round(megabytes / lazy, 1),
        "one_document_ms": round(one * 1000, 1),
    }


def encryption(table: pa.Table, directory: Path) -> dict[str, Any]:
    """Writing and reading an encrypted file, beside the same file in the clear."""
    key, sealed, clear = os.urandom(32), directory / "sealed.parquet", directory / "clear.parquet"
    batches, megabytes = table.to_batches(max_chunksize=1000), table["text"].nbytes / 1e6

    def write_clear() -> None:
        with pq.ParquetWriter(
            clear, table.schema, compression="zstd", compression_level=1, use_dictionary=False
        ) as writer:
            for start in range(0, table.num_rows, 3000):
                writer.write_table(table.slice(start, 3000))

    seconds = best_of(
        ROUNDS,
        lambda: write_restricted(sealed, iter(batches), key, public_id(key), table.schema),
        write_clear,
        lambda: read_restricted(sealed, key),
        lambda: pq.read_table(clear),
        lambda: read_restricted(sealed, key, columns=["doc_id", "chars"]),
    )
    names = ("sealed_write_mb_s", "clear_write_mb_s", "sealed_read_mb_s", "clear_read_mb_s")
    rates = {name: round(megabytes / taken, 1) for name, taken in zip(names, seconds, strict=False)}
    return rates | {"two_columns_ms": round(seconds[4] * 1000, 1), "mb": round(sealed.stat().st_size / 1e6, 1)}
