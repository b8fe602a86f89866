"""What is wrong with the files given is said before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.dedup.files import documents, refused, write


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_missing_column_names_the_nearest(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [{"ids": "a", "txt": "가"}])
    said = refused(tmp_path, path)
    assert "no column 'id' (--id-column); did you mean 'ids'?" in said
    assert "no column 'text' (--text-column); did you mean 'txt'?" in said


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_an_id_that_comes_twice_or_is_null_is_refused(tmp_path: Path, name: str) -> None:
    twice = write(tmp_path / name, [{"id": "a", "text": "가"}, {"id": "b", "text": "나"}, {"id": "a", "text": "다"}])
    assert "1 ids come a second time, the first of them at document 3" in refused(tmp_path, twice)
    null = write(tmp_path / name, [{"id": "a", "text": "가"}, {"id": None, "text": "나"}])
    assert ("has no id" if name.endswith("jsonl") else "1 ids are null") in refused(tmp_path, null)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.gz", "a.jsonl.zst"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, documents())
    path.write_bytes(path.read_bytes()[:-40])
    assert "cut off or damaged" in refused(tmp_path, path)


def test_other_types_unknown_kinds_and_mixed_ids_are_refused(tmp_path: Path) -> None:
    assert "holds int64, not text" in refused(tmp_path, write(tmp_path / "a.parquet", [{"id": "a", "text": 1}]))
    assert "holds double" in refused(tmp_path, write(tmp_path / "a.parquet", [{"id": 1.5, "text": "가"}]))
    (tmp_path / "a.parquet").unlink()
    assert "must end in" in refused(tmp_path, write(tmp_path / "a.csv", []))
    (tmp_path / "a.csv").unlink()
    one = write(tmp_path / "a.jsonl", [{"id": "a", "text": "가"}])
    two = write(tmp_path / "b.jsonl", [{"id": 1, "text": "가"}])
    assert "text in" in (said := refused(tmp_path, one, two)) and "numbers in" in said
