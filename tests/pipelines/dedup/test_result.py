"""A result appears whole, and takes nothing else's place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance.records.errors import ConfigError, MalmoiError
from tests.pipelines.dedup.files import documents, kept, run, write


def test_an_earlier_result_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", documents())
    run(tmp_path / "out", path)
    before = (tmp_path / "out" / "stats.json").read_bytes()
    with pytest.raises(ConfigError, match="--overwrite"):
        run(tmp_path / "out", path)
    assert (tmp_path / "out" / "stats.json").read_bytes() == before
    path.write_bytes(b'{"id": 1')
    with pytest.raises(MalmoiError):
        run(tmp_path / "out", path, overwrite=True)
    assert (tmp_path / "out" / "stats.json").read_bytes() == before, "a failed run took the earlier result with it"
    run(tmp_path / "out", write(path, documents(3)), overwrite=True)
    assert json.loads((tmp_path / "out" / "stats.json").read_bytes())["books"]["in"] == 3
    (tmp_path / "out" / "theses.txt").write_text("x")
    with pytest.raises(ConfigError, match=r"theses\.txt"):
        run(tmp_path / "out", path, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "out"]


def test_texts_that_are_null_are_counted_and_belong_to_no_cluster(tmp_path: Path) -> None:
    given = [*documents(6), {"id": "n", "text": None}, {"id": "m"}, {"id": "e", "text": ""}, {"id": "f", "text": ""}]
    found, stats = run(tmp_path / "out", write(tmp_path / "a.jsonl", given))
    assert stats["books"]["null_texts"] == 2
    for name in "nm":
        assert found[name] == {"id": name, "cluster": None, "keep": False, "jaccard": None, "exact": False}
    assert kept(found) & {"e", "f"} == {"e"}
