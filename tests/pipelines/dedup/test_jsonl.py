"""JSON Lines: each line once, and what is wrong with one is said by its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.dedup import jsonl, rows
from tests.pipelines.dedup.files import refused, write


def test_lines_are_read_once_each_however_a_file_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [{"id": f"{n}", "text": "가" * (n % 40)} for n in range(60)]
    path = write(tmp_path / "a.jsonl", given)
    for size in (1, 2, 17, 64, 1000, path.stat().st_size - 1, path.stat().st_size, path.stat().st_size + 1):
        monkeypatch.setattr(jsonl, "_PART_BYTES", size)
        _, parts = jsonl.lines_of(path, rows.Columns("id", "text"))
        ids = [i for part in parts for block in part.blocks() for i in block().ids.to_pylist()]
        assert ids == [d["id"] for d in given]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": "b", "text": "\xff"}', "is not UTF-8"),
        (b'{"id": "b", "text"', "is not JSON"),
        (b'["b"]', "is no object"),
        (b'{"id": 3, "text": "x"}', "has an id that is no string"),
        (b'{"id": "b", "text": 3}', "has a text that is no string"),
        (b'{"id": "b", "text": "\\ud800"}', "names a field twice, holds half of a surrogate pair"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_place_and_never_by_its_text(
    tmp_path: Path, line: bytes, said: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"id": "a", "text": "비밀"}\n'.encode() + line + b"\n")
    message = refused(tmp_path, path)
    assert f"a.jsonl: the line at byte 30 {said}" in message and "비밀" not in message
