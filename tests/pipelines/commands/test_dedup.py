"""`malmoi dedup` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.commands import invoke
from tests.pipelines.dedup.files import documents, write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "a.jsonl", documents())


def test_it_says_what_it_wrote_and_the_same_to_machines(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = invoke("dedup", str(source), "--out", str(out))
    assert result.code == 0 and "near duplicates" in result.out and "keep-set" in result.out
    told = invoke("dedup", str(source), "--out", str(out), "--overwrite", "--json").json
    assert told == json.loads((out / "stats.json").read_bytes())
    assert sorted(p.name for p in out.iterdir()) == ["clusters.parquet", "stats.json"]


def test_a_directory_stands_for_its_files(source: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    source.rename(tmp_path / "in" / "deep" / "a.jsonl")
    write(tmp_path / "in" / "b.parquet", [{"id": "b", "text": "다른 글"}])
    told = invoke("dedup", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json").json
    assert told["files"]["count"] == 2 and told["books"]["in"] == len(documents()) + 1


def test_parameters_are_chosen_by_preset_and_by_set(source: Path, tmp_path: Path) -> None:
    arguments = ("--preset", "fineweb-14x8", "--set", "bound=0.5", "--set", "exact=false")
    told = invoke("dedup", str(source), "--out", str(tmp_path / "out"), "--json", *arguments).json["parameters"]
    assert (told["preset"], told["width"], told["bands"], told["bound"]) == ("fineweb-14x8", 24, 14, 0.5)
    assert told["exact"] is False


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--preset", "koreen"], 2, "'korean'"),
        (["--set", "bond=0.5"], 2, "did you mean 'bound'?"),
        (["--set", "bound=2"], 2, "bound"),
        (["--set", "bound"], 2, "key=value"),
        (["--set", "exact=false", "--set", "near=false"], 2, "both off"),
        (["--text-column", "body"], 2, "no column 'body'"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_to_do(
    source: Path, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    result = invoke("dedup", str(source), "--out", str(tmp_path / "out"), *arguments)
    assert result.code == code and said in result.err and not (tmp_path / "out").exists()


def test_a_path_that_is_not_there_names_the_nearest(source: Path, tmp_path: Path) -> None:
    result = invoke("dedup", str(tmp_path / "b.jsonl"), "--out", str(tmp_path / "out"))
    assert result.code == 6 and "a.jsonl" in result.err
    (tmp_path / "empty").mkdir()
    assert invoke("dedup", str(tmp_path / "empty"), "--out", str(tmp_path / "out")).code == 6
