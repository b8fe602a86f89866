import json
from pathlib import Path

import pytest

from governance.records.errors import ConfigError
from pipelines.recipe import Recipe
from pipelines.stages.benchmarks import index_benchmarks
from transforms.decontaminate.index import Index

ITEM = "다음 글을 읽고 알맞은 답을 고르시오. 우리 마을의 도서관은 언제 문을 열었으며 누가 처음 책을 기증하였는가?"


def _recipe(**suites: str) -> Recipe:
    named = {name: {"path": path} for name, path in suites.items()}
    whole = {"name": "r", "corpus": "c", "sources": ["s"], "decontaminate": {"suites": named}}
    return Recipe.model_validate(whole)


def _suite(path: Path, *texts: str) -> None:
    path.write_text("".join(json.dumps({"id": n, "text": t}, ensure_ascii=False) + "\n" for n, t in enumerate(texts)))


def test_a_recipe_without_suites_has_no_index(tmp_path: Path) -> None:
    assert index_benchmarks(_recipe(), tmp_path, tmp_path / "zone") == {}
    assert not (tmp_path / "zone").exists()


def test_the_index_is_kept_under_its_digest_and_made_once(tmp_path: Path) -> None:
    _suite(tmp_path / "exam.jsonl", ITEM)
    found = index_benchmarks(_recipe(exam="exam.jsonl"), tmp_path, tmp_path / "zone")
    (path,) = (tmp_path / "zone" / "benchmarks").iterdir()
    assert path.name == f"{found['digest']}.index" and path.stat().st_mode & 0o077 == 0
    assert Index.from_bytes(path.read_bytes()).suites == ("exam",)
    before = path.stat().st_mtime_ns
    assert index_benchmarks(_recipe(exam="exam.jsonl"), tmp_path, tmp_path / "zone") == found
    assert path.stat().st_mtime_ns == before


def test_the_digest_follows_the_items(tmp_path: Path) -> None:
    _suite(tmp_path / "exam.jsonl", ITEM)
    first = index_benchmarks(_recipe(exam="exam.jsonl"), tmp_path, tmp_path / "zone")
    _suite(tmp_path / "exam.jsonl", ITEM, ITEM + " 둘째 문항입니다.")
    assert index_benchmarks(_recipe(exam="exam.jsonl"), tmp_path, tmp_path / "zone") != first


def test_a_variable_in_a_path_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _suite(tmp_path / "exam.jsonl", ITEM)
    monkeypatch.setenv("SUITES", str(tmp_path))
    assert index_benchmarks(_recipe(exam="${SUITES}/exam.jsonl"), Path("/nowhere"), tmp_path / "zone")


def test_every_suite_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"{")
    with pytest.raises(ConfigError) as error:
        index_benchmarks(_recipe(one="gone.jsonl", two="${UNSET_HERE}/x.jsonl", three="bad.jsonl"), tmp_path, tmp_path)
    assert len(error.value.problems) == 3
    assert all(any(name in p for p in error.value.problems) for name in ("one", "two", "three"))
