"""Passages that come back are cut on the way to a release: counted, written down, and the same bytes however it ran."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.delta import live_shards
from pipelines.engine import Engine
from pipelines.home import Home
from tests.end_to_end.conftest import World, documents, identical_set, letter

NOTICE = "저작권자 말모이일보, 무단 전재 및 재배포를 금지합니다. 이 글은 시험을 위하여 지은 것입니다."
PHONE = "010-2600-4143"  # of a range that is given to nobody
LEVELS = [
    {"unit": "paragraph", "scope": "corpus", "at_least_documents": 4},
    {"unit": "line", "scope": "source", "at_least_documents": 8, "keep": "none", "at_least_chars": 10},
]
BANNER = "― 새 소식 모음 2026 ―"


def _world(directory: Path, levels: list[dict[str, Any]] = LEVELS) -> World:
    """Six letters and two texts under one notice, a scrap with nothing else, and eight pages under one banner."""
    world = World(directory)
    letters = documents(9)
    for document in letters[:6]:
        document["text"] = f"{document['text']}\n\n{NOTICE}\n\n문의: {PHONE} 끝."
    world.jsonl("letters", [*letters, {"id": "scrap", "text": f"짧은 글.\n\n{NOTICE}"}])
    world.add("texts", {f"{n}.txt": f"{letter(n + 300)}\n\n{NOTICE}".encode() for n in range(2)})
    world.jsonl("pages", [{"id": f"p{n}", "text": f"{BANNER}\n{letter(n + 700)}"} for n in range(8)])
    world.settings["deduplicate"] = {"passages": levels}
    return world


def _read(home: Home, what: str) -> pl.DataFrame:
    paths = sorted(home.corpus("test").glob(f"releases/*/ledger/{what}-*.parquet"))
    return pl.concat(pl.read_parquet(path) for path in paths)


def _texts(home: Home) -> dict[str, str]:
    frames = [pl.read_parquet(home.corpus("test") / shard.path) for shard in live_shards(home.corpus("test"))]
    return {row["doc_id"]: row["text"] for frame in frames for row in frame.iter_rows(named=True)}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, Any]]:
    world = _world(tmp_path_factory.mktemp("passages"))
    return world, world.run()


def test_the_notice_stays_in_one_document_and_the_banner_in_none(cut: tuple[World, dict[str, Any]]) -> None:
    texts = _texts(cut[0].home)
    assert sum(NOTICE in text for text in texts.values()) == 1
    assert not any(BANNER in text for text in texts.values())
    # Nine letters, two texts, eight pages; the scrap was nothing but the notice.
    assert len(texts) == 19 and all(text == text.strip() for text in texts.values())


def test_every_cut_and_what_became_of_its_document_is_in_the_ledger(cut: tuple[World, dict[str, Any]]) -> None:
    home = cut[0].home
    cuts, decisions = _read(home, "cuts"), _read(home, "decisions")
    by_rule = {rule: part for (rule,), part in cuts.partition_by("rule", as_dict=True).items()}
    paragraphs, lines = by_rule["repeated_paragraph_in_corpus@1"], by_rule["repeated_line_in_source@1"]
    assert paragraphs["measured"].to_list() == [9.0] * 8 and lines["measured"].to_list() == [8.0] * 8
    # The one it stays in is named, and holds it; a rule that keeps none names none.
    (stays,) = paragraphs["related"].unique().to_list()
    assert NOTICE in _texts(home)[stays] and lines["related"].null_count() == 8
    told = decisions.filter(pl.col("outcome") == "cut")
    assert set(told["doc_id"]) == set(cuts["doc_id"]) and set(told["bound"]) == {4.0, 8.0}
    dropped = decisions.filter(pl.col("outcome") == "dropped")
    assert dropped.select("stage", "rule", "measured", "bound").rows() == [("protect", "text_left@1", 5.0, 100.0)]
    assert NOTICE not in json.dumps([*cuts.to_dicts(), *decisions.to_dicts()], ensure_ascii=False)


def test_the_books_and_the_report_count_them(cut: tuple[World, dict[str, Any]]) -> None:
    _, result = cut
    (line,) = [b for b in result["books"] if (b["source"], b["stage"]) == ("letters", "protect")]
    assert (line["came"], line["kept"], line["dropped"]) == (10, 9, 1)
    report = json.loads((Path(result["report"]).parent / "report.json").read_bytes())
    assert {(c["source"], c["rule"], c["count"]) for c in report["cuts"]} == {
        ("letters", "repeated_paragraph_in_corpus@1", 7),
        ("texts", "repeated_paragraph_in_corpus@1", 1),
        ("pages", "repeated_line_in_source@1", 8),
    }
    assert "전체에서 되풀이된 문단" in (Path(result["report"])).read_text()


def test_spans_of_personal_data_stand_where_they_stand_in_what_is_left(cut: tuple[World, dict[str, Any]]) -> None:
    spans, texts = _read(cut[0].home, "spans"), _texts(cut[0].home)
    phones = spans.filter(pl.col("kind") == "phone").to_dicts()
    assert len(phones) == 6 and not any(PHONE in text for text in texts.values())
    for span in phones:
        assert texts[span["doc_id"]][: span["start"]].endswith("문의: ")


@pytest.mark.parametrize("engine", [{"engine": Engine("processes", workers=2)}, {"batch_rows": 2}])
def test_how_it_ran_does_not_show(cut: tuple[World, dict[str, Any]], tmp_path: Path, engine: dict[str, Any]) -> None:
    world = cut[0]
    home = Home.of(tmp_path / "home")
    home.root.mkdir()
    shutil.copytree(world.home.keys, home.keys)
    world.run(home=home, **engine)
    assert identical_set(home) == identical_set(world.home)


def test_a_rerun_has_nothing_to_do_and_another_level_searches_again(tmp_path: Path) -> None:
    world = _world(tmp_path, LEVELS[:1])
    world.run()
    assert not world.run()["worked"]
    world.settings["deduplicate"] = {"passages": []}
    again = world.run()
    assert {s["stage"] for s in again["stages"]} & {"passages", "repeats"} == set()
    assert sum(NOTICE in text for text in _texts(world.home).values()) == 9


def test_an_erased_document_leaves_the_cuts_and_what_was_derived_from_it(
    cut: tuple[World, dict[str, Any]], tmp_path: Path, command: Any
) -> None:
    shutil.copytree(cut[0].home.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    # The scrap was cut to nothing and is in no release: ids are keyed, so any document may stand first.
    doc_id = _read(home, "cuts").filter(pl.col("doc_id").is_in(list(_texts(home))))["doc_id"][0]
    done = command("erase", doc_id, "--basis", "REQ-1", "--home", str(home.root), "--json")
    assert done.code == 0, done.err
    release = done.json["releases"][0]["release"]
    after = pl.read_parquet(home.release("test", release) / "ledger" / "cuts-*.parquet")
    assert after.height == 15 and doc_id not in after["doc_id"].to_list()
    assert not [path for name in ("passages", "repeats") for path in home.restricted.glob(f"*/{name}")]
    assert command("verify", "test", "--key", str(home.public_key), "--home", str(home.root)).code == 0
