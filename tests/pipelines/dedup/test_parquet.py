"""Parquet that cannot be trusted is refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.pipelines.dedup.files import documents, refused, write


def test_parquet_strings_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    bad = pa.array([b"\xff\xfe", b"x"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"id": ["a", "b"], "text": bad}), tmp_path / "a.parquet")
    assert "not UTF-8" in refused(tmp_path, tmp_path / "a.parquet")


def test_damage_inside_a_parquet_file_is_met_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", documents(200), compression="zstd", use_dictionary=False)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = bytes(400)
    path.write_bytes(raw)
    assert "cut off or damaged" in refused(tmp_path, path)
