"""Parquet: what our restrictions cost, which row group suits readers, what encryption costs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import governance.parquet
from benchmarks.speed.governance.measure import ROUNDS, cpu_seconds
from governance.keys import public_id
from governance.parquet import write_released
from governance.restricted import read_restricted, write_restricted


def row_groups(table: pa.Table, directory: Path) -> list[dict[str, Any]]:
    """Size, speed and cost of one look-up for several row group sizes, beside pyarrow's own file."""
    writers = {"pyarrow": lambda path: pq.write_table(table, path, compression="zstd", compression_level=3)}
    writers |= {f"ours, {mebibytes} MiB": _ours(table, mebibytes) for mebibytes in (1, 4, 8, 16, 32, 128)}
    paths = {name: directory / f"{name.replace(', ', '-')}.parquet" for name in writers}
    written = cpu_seconds(ROUNDS, *(lambda n=name: writers[n](paths[n]) for name in writers))
    wanted = table["doc_id"][table.num_rows // 2].as_py()
    whole = cpu_seconds(ROUNDS, *(lambda p=path: pq.read_table(p) for path in paths.values()))
    text = cpu_seconds(ROUNDS, *(lambda p=path: _text_bytes(p) for path in paths.values()))
    one = cpu_seconds(ROUNDS, *(lambda p=path: _one(p, wanted) for path in paths.values()))
    megabytes = table["text"].nbytes / 1e6
    return [
        {
            "file": name,
            "mb": round(path.stat().st_size / 1e6, 1),
            "row_groups": pq.read_metadata(path).num_row_groups,
            "write_mb_cpu_s": round(megabytes / written[n]),
            "read_mb_cpu_s": round(megabytes / whole[n]),
            "polars_text_mb_cpu_s": round(megabytes / text[n]),
            "one_document_cpu_ms": round(one[n] * 1000, 1),
        }
        for n, (name, path) in enumerate(paths.items())
    ]


def _ours(table: pa.Table, mebibytes: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        before, governance.parquet.ROW_GROUP_BYTES = governance.parquet.ROW_GROUP_BYTES, mebibytes << 20
        write_released(path, table)
        governance.parquet.ROW_GROUP_BYTES = before

    return write


def _text_bytes(path: Path) -> pl.DataFrame:
    return pl.scan_parquet(path).select(pl.col("text").str.len_bytes().sum()).collect()


def _one(path: Path, wanted: str) -> pa.Table:
    return ds.dataset(path).to_table(columns=["text"], filter=ds.field("doc_id") == wanted)


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

    seconds = cpu_seconds(
        ROUNDS,
        lambda: write_restricted(sealed, iter(batches), key, public_id(key), table.schema),
        write_clear,
        lambda: read_restricted(sealed, key),
        lambda: pq.read_table(clear),
        lambda: read_restricted(sealed, key, columns=["doc_id", "chars"]),
    )
    names = ("sealed_write_mb_cpu_s", "clear_write_mb_cpu_s", "sealed_read_mb_cpu_s", "clear_read_mb_cpu_s")
    rates = {name: round(megabytes / taken, 1) for name, taken in zip(names, seconds, strict=False)}
    return rates | {"two_columns_cpu_ms": round(seconds[4] * 1000, 1), "mb": round(sealed.stat().st_size / 1e6, 1)}
