"""Passages in a batch that is added: counted with what is released, cut as in a run over everything."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.keys import KeyStore
from governance.restricted import read_restricted
from governance.verify import verify_release
from pipelines.engine import Engine
from pipelines.home import Home
from pipelines.stages.released import Released
from tests.end_to_end.batches import Batch, Corpus, decisions, index_bytes, released
from tests.end_to_end.conftest import identical_set, letter

LEVELS = [
    {"unit": "line", "scope": "source", "at_least_documents": 3, "at_least_chars": 10},
    {"unit": "line", "scope": "corpus", "at_least_documents": 5, "at_least_chars": 12, "keep": "none"},
    {"unit": "paragraph", "scope": "corpus", "at_least_documents": 3},
]
NOTICES = [f"{n}번 알림: 무단 전재와 재배포를 금지합니다. 이 글은 시험을 위하여 지은 것입니다." for n in range(9)]


def _batches(seed: int, count: int = 3) -> list[Batch]:
    """Letters of two sources that share notices, as lines and as paragraphs, within and across batches."""
    rng, made = random.Random(seed), []
    for batch in range(count):
        sources: dict[str, dict[str, str]] = {"letters": {}, "mirror": {}}
        for n in range(12):
            text = letter(10_000 * seed + 100 * batch + n)
            for notice in rng.sample(NOTICES, rng.choice([0, 1, 2])):
                text += rng.choice(["\n", "\n\n"]) + notice + rng.choice(["", " ", "\n"])
            sources[rng.choice(["letters", "mirror"])][f"{batch}-{n}"] = text
        made.append(sources)
    return made


def _corpus(root: Path, levels: list[dict[str, Any]] = LEVELS) -> Corpus:
    made = Corpus(root, Home.of(root / "home"))
    made.settings = {"deduplicate": {"passages": levels, "left_at_least": 10}}
    return made


def _cuts(result: dict[str, Any], of: set[str]) -> set[tuple[Any, ...]]:
    """Every cut of these documents, and what the ledger says of them."""
    paths = sorted((Path(result["release"]) / "ledger").glob("cuts-*"))
    cuts = [row for path in paths for row in pl.read_parquet(path).rows()]
    told = decisions(result).filter(pl.col("outcome") == "cut").rows()
    return {row for row in [*cuts, *told] if row[0] in of}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_added_is_cut_as_in_a_run_over_everything_and_what_is_released_stays(seed: int, tmp_path: Path) -> None:
    first, second, third = _batches(seed)
    corpus = _corpus(tmp_path)
    corpus.run(first)
    common = 0
    for batches in ([first, second], [first, second, third]):
        before, whole = released(corpus.home), corpus.elsewhere(f"whole-{len(batches)}")
        full, added = corpus.run(*batches, home=whole), corpus.run(batches[-1], against="released")
        after, everything = released(corpus.home), released(whole)
        mine = set(decisions(added)["doc_id"])
        assert before.items() <= after.items() and set(after) == set(everything)
        assert {d: after[d] for d in mine} == {d: everything[d] for d in mine} and len(mine) == 12
        assert _cuts(added, mine) == _cuts(full, mine)
        related = {row[-1] for row in _cuts(added, mine)}
        common += len(related & set(before))
        assert added["released"]["passages"]["apart"] == [] and added["released"]["passages"]["held"] > 200
    # Some stay in a document that was released before: counted in the batch alone they would have been left.
    assert common > 1
    verify_release(corpus.home.corpus("test"), "latest", corpus.home.public_key.read_bytes()).require()


def test_a_release_without_passages_of_that_length_is_named_and_the_rest_is_counted(tmp_path: Path) -> None:
    first, second, _ = _batches(4)
    corpus = _corpus(tmp_path, LEVELS[2:])
    one = corpus.run(first)
    corpus.settings["deduplicate"]["passages"] = [LEVELS[2] | {"at_least_chars": 20}]
    two = corpus.run(second, against="released")
    told = two["released"]["passages"]
    assert told["apart"] == [one["release_id"]] and told["met"] == 0
    report = json.loads((Path(two["report"]).parent / "report.json").read_bytes())
    assert report["released"] == two["released"]
    html = Path(two["report"]).read_text()
    assert "not counted with this batch" in html and one["release_id"] in html


def test_workers_and_parts_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = _batches(5)
    corpus = _corpus(tmp_path)
    corpus.run(first)
    one, two, three = (corpus.elsewhere(name) for name in ("one", "two", "three"))
    corpus.run(second, home=one, against="released")
    corpus.world.run(home=two, engine=Engine("processes", workers=2), batch_rows=3)
    assert identical_set(one) == identical_set(two)
    monkeypatch.setattr("pipelines.stages.passages.PART_HELD", 50)
    corpus.world.run(home=three)
    assert released(three) == released(one)
    assert len(list(three.restricted.glob("corpus-*/repeats/*.json"))) > 3


def test_an_erased_documents_passages_are_in_no_byte_of_the_index(tmp_path: Path, command: Any) -> None:
    first, second, _ = _batches(6)
    corpus = _corpus(tmp_path)
    result = corpus.run(first)
    home, keys = corpus.home, KeyStore.open(corpus.home.keys)
    known = Released.load(home, "test", result["release_id"])
    assert known is not None
    members = known.members(keys)["doc_id"].to_pylist()
    rows = read_restricted(known.directory / known.tables[2], keys.secret("index/test")).to_pylist()
    mine = {str(row["key"]) for row in rows if row["member"] == 3}
    own = mine - {str(row["key"]) for row in rows if row["member"] != 3}
    assert len(own) > 10 and all(key.encode() in index_bytes(home) for key in own)
    done = command("erase", members[3], "--basis", "REQ-1", "--home", str(home.root), "--json")
    assert done.code == 0, done.err
    assert not any(key.encode() in index_bytes(home) for key in own)
    after = Released.load(home, "test", result["release_id"])
    assert after is not None and after.held == len(rows) - len([row for row in rows if row["member"] == 3])
    # What the others hold still counts.
    whole = corpus.elsewhere("whole")
    full, added = corpus.run(first, second, home=whole), corpus.run(second, against="released")
    new = set(decisions(added)["doc_id"])
    assert _cuts(added, new) == _cuts(full, new) and len(_cuts(added, new)) > 5


def test_the_index_takes_at_most_twelve_bytes_a_passage(tmp_path: Path) -> None:
    corpus = _corpus(tmp_path)
    result = corpus.run({"letters": {str(n): letter(n) for n in range(400)}})
    known = Released.load(corpus.home, "test", result["release_id"])
    assert known is not None and known.held > 6000
    assert (known.directory / known.tables[2]).stat().st_size / known.held <= 12
