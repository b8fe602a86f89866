"""Files are read twice, and a file that changes between is met."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.dedup import signing
from tests.pipelines.dedup.files import documents, refused, write


def test_a_file_that_changes_under_way_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.jsonl", documents())
    monkeypatch.setattr(signing, "SHELF_BYTES", 0)
    real = signing._require_once

    def change(corpus: signing.Corpus) -> None:
        real(corpus)
        write(path, [{**d, "text": d["text"] + "."} for d in documents()])

    monkeypatch.setattr(signing, "_require_once", change)
    assert "changed between" in refused(tmp_path, path)
