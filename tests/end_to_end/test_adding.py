"""A new batch against what is released: it fares as in a run over everything, and the index it meets can forget."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.delta import live_shards
from governance.keys import KeyStore
from governance.records.errors import ConfigError
from governance.restricted import read_restricted
from governance.verify import verify_release
from pipelines.engine import Engine
from pipelines.home import Home
from pipelines.stages.released import Released
from tests.end_to_end.batches import Batch, Corpus, decisions, fates, index_bytes, released
from tests.end_to_end.conftest import documents, identical_set, letter

DATA = Path(os.environ.get("MALMOI_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))


def _edited(rng: random.Random, text: str, share: float) -> str:
    words = text.split(" ")
    for at in rng.sample(range(len(words)), max(1, int(len(words) * share))):
        words[at] = rng.choice(["수정", "변경", "추가"])
    return " ".join(words)


def _generated(seed: int) -> tuple[Batch, Batch]:
    """Two batches of letters, with copies and edits of each other under two classes of terms."""
    rng = random.Random(seed)
    batches: list[dict[str, dict[str, str]]] = [{"letters": {}, "mirror": {}}, {"letters": {}, "mirror": {}}]
    for family in range(12):
        base = letter(1000 * seed + family) + "\n" + letter(1000 * seed + family + 500)
        for member in range(rng.choice([1, 2, 3, 4])):
            text = base if rng.random() < 0.3 else _edited(rng, base, rng.choice([0.01, 0.03, 0.1]))
            batches[rng.random() < 0.4][rng.choice(["letters", "mirror"])][f"f{family}-{member}"] = text
    return batches[0], batches[1]


def _laws(seed: int) -> tuple[Batch, Batch]:
    """Versions of statutes, seven in ten of them released before."""
    paths = sorted((DATA / "gov/law_versions").rglob("*.md"))
    if not paths:
        pytest.skip("no shared data: set MALMOI_DATA to its directory")
    rng, old, new = random.Random(seed), {}, {}
    for path in paths:
        (old if rng.random() < 0.7 else new)[path.stem + path.parent.name] = path.read_text()[400:12_400]
    return {"letters": old}, {"letters": new}


@pytest.mark.parametrize(("made", "seed"), [(_generated, 1), (_generated, 2), (_generated, 3), (_laws, 4)])
def test_a_batch_that_is_added_fares_as_in_a_run_over_everything(made: Any, seed: int, tmp_path: Path) -> None:
    old, new = made(seed)
    corpus = Corpus(tmp_path, Home.of(tmp_path / "home"))
    corpus.run(old)
    before = released(corpus.home)
    whole = corpus.elsewhere("whole")
    full, added = corpus.run(old, new, home=whole), corpus.run(new, against="released")
    assert released(corpus.home) == released(whole)
    assert before.items() <= released(corpus.home).items() and added["released"]["documents"] == len(before)
    mine = set(decisions(added)["doc_id"])
    assert fates(added) == fates(full, of=mine) and len(fates(added)) > 3
    verify_release(corpus.home.corpus("test"), "latest", corpus.home.public_key.read_bytes()).require()


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, list[dict[str, Any]]]:
    """Twenty letters; then five more with copies among them; then two of another source."""
    corpus = Corpus(tmp_path_factory.mktemp("adding"), Home.of(tmp_path_factory.mktemp("adding-home") / "home"))
    results = [corpus.run({"letters": _texts(20)})]
    again = {**_texts(3), "near": letter(5) + " 끝.", "copy": letter(6), **_texts(3, 100)}
    results.append(corpus.run({"letters": again}, against="released"))
    results.append(corpus.run({"mirror": {"m": letter(101), **_texts(2, 200)}}, against="released"))
    return corpus, results


def _texts(count: int, start: int = 0) -> dict[str, str]:
    return {d["id"]: d["text"] for d in documents(count, start)}


def test_what_is_released_already_is_named_in_the_ledger_and_the_rest_is_added(added: Any) -> None:
    corpus, (first, second, third) = added
    told = decisions(second).filter(pl.col("stage") == "deduplicate")
    assert sorted(told["rule"]) == ["already_released@1"] * 3 + ["exact_duplicate@1", "near_duplicate@1"]
    assert set(told["related"]) <= set(_index(first)["doc_id"])
    again = told.filter(pl.col("rule") == "already_released@1")
    assert again["doc_id"].to_list() == again["related"].to_list()
    # Under other terms the copy is marked, and stays: nobody loses a text.
    assert decisions(third).filter(pl.col("outcome") == "marked")["rule"].to_list() == ["exact_duplicate@1"]
    assert [_index(r).height for r in (first, second, third)] == [20, 23, 26] and len(released(corpus.home)) == 26


def _index(result: Mapping[str, Any]) -> pl.DataFrame:
    return pl.read_parquet(Path(result["release"]) / "index.parquet")


def test_what_was_there_keeps_its_files_and_the_index_leads_to_every_row(added: Any) -> None:
    corpus, (first, _, third) = added
    root = corpus.home.corpus("test")
    live = {shard.path for shard in live_shards(root)}
    assert set(_index(first)["shard"]) < live and set(_index(third)["shard"]) == live
    for row in _index(third).iter_rows(named=True):
        assert pl.read_parquet(root / row["shard"])["doc_id"][row["row"]] == row["doc_id"]
    verify_release(root, "latest", corpus.home.public_key.read_bytes()).require()


def test_books_card_and_clusters_speak_of_all_of_it(added: Any) -> None:
    _, (_, second, third) = added
    (line,) = [b for b in second["books"] if b["stage"] == "deduplicate"]
    assert (line["came"], line["kept"], line["dropped"]) == (8, 3, 5)
    card = (Path(third["release"]) / "README.md").read_text()
    assert "letters" in card and "mirror" in card
    clusters = pl.read_parquet(Path(third["release"]) / "clusters.parquet")
    assert sorted(clusters.filter(pl.col("doc_id") == pl.col("survivor_id"))["cluster_size"]) == [2, 2, 2]


def test_the_lineage_names_the_release_that_was_added_to(added: Any) -> None:
    _, (first, second, _) = added
    events = [json.loads(line) for line in (Path(second["release"]) / "lineage.jsonl").read_text().splitlines()]
    inputs = {i["name"]: i["facets"]["version"]["datasetVersion"] for i in events[-1]["inputs"]}
    assert inputs["corpus/test"] == first["release_id"] and "source/letters" in inputs


def test_only_the_candidates_rows_are_asked_for_and_the_share_is_told(added: Any) -> None:
    _, (first, second, _) = added
    assert first["released"] == {}
    told = second["released"]
    assert (told["documents"], told["estimated"]) == (20, 0) and told["share"] == told["candidates"] / 20
    # Five are duplicates of the batch; a bucket may propose one that is none.
    assert 5 <= told["candidates"] <= 8 and told["candidates"] <= told["rows_read"] <= 20
    report = (Path(second["report"])).read_text()
    assert "Compared with 20 documents that are released already" in report


def test_a_rerun_has_nothing_to_do(added: Any) -> None:
    corpus, _ = added
    again = corpus.run({"mirror": {"m": letter(101), **_texts(2, 200)}}, against="released")
    assert again["worked"] is False


def test_workers_do_not_show(added: Any, tmp_path: Path) -> None:
    corpus, _ = added
    batch: Batch = {"letters": {**_texts(2, 102), **_texts(4, 300), "again": letter(7) + " 끝."}}
    one, two = corpus.elsewhere("one"), corpus.elsewhere("two")
    corpus.run(batch, home=one, against="released")
    corpus.world.run(home=two, engine=Engine("processes", workers=2), batch_rows=3)
    assert identical_set(one) == identical_set(two)


def test_the_index_of_a_release_that_was_replaced_goes(added: Any) -> None:
    corpus, _ = added
    home = corpus.elsewhere("replaced")
    assert len(list(home.index("test").iterdir())) == 3
    result = corpus.run({"letters": _texts(2)}, home=home)
    assert [path.name for path in home.index("test").iterdir()] == [result["release_id"]]


def test_an_erased_document_is_in_no_byte_of_the_index(added: Any, command: Any) -> None:
    corpus, (first, *_) = added
    home, keys = corpus.elsewhere("erased"), KeyStore.open(corpus.home.keys)
    known = Released.load(home, "test", first["release_id"])
    assert known is not None
    row = known.members(keys).to_pylist()[4]
    place = [m["doc"] for m in known.members(keys).to_pylist()].index(row["doc"])
    entries = read_restricted(known.directory / known.tables[0], keys.secret("index/test")).to_pylist()
    traces = [
        row["doc_id"].encode(),
        row["text_key"],
        *(str(e["key"]).encode() for e in entries if e["member"] == place),
    ]
    assert len(traces) == 18 and all(trace in index_bytes(home) for trace in traces)
    before = len(released(home))
    done = command("erase", row["doc_id"], "--basis", "REQ-1", "--home", str(home.root), "--json")
    assert done.code == 0, done.err
    assert not any(trace in index_bytes(home) for trace in traces)
    # What is left still leads the next batch to its candidates; what was erased does not come back.
    erased = next(t for d, t in released(corpus.home).items() if d == row["doc_id"])
    more = {"e": erased, "copy": letter(6) if letter(6) != erased else letter(7), **_texts(1, 400)}
    result = corpus.run({"letters": more}, home=home, against="released")
    told = decisions(result).filter(pl.col("outcome") == "dropped")
    assert sorted(told["rule"]) == ["exact_duplicate@1", "tombstone@1"] and len(released(home)) == before
    verify_release(home.corpus("test"), "latest", home.public_key.read_bytes()).require()


def test_a_purged_text_is_judged_by_its_sketch_and_the_ledger_says_so(added: Any, command: Any) -> None:
    corpus, (first, *_) = added
    home = corpus.elsewhere("purged")
    assert command("purge", "--all", "--home", str(home.root)).code == 0
    batch: Batch = {"letters": {"near": letter(8) + " 끝.", "copy": letter(9), **_texts(2, 500)}}
    result = corpus.run(batch, home=home, against="released")
    told = decisions(result).filter(pl.col("stage") == "deduplicate").sort("rule")
    assert told["rule"].to_list() == ["exact_duplicate@1", "near_duplicate_estimated@1"]
    assert set(told["related"]) <= set(_index(first)["doc_id"]) and told["measured"][1] > 0.8
    assert result["released"]["estimated"] == 1 and result["released"]["rows_read"] == 0


def test_a_first_release_is_made_as_ever_and_one_unlike_it_cannot_be_added_to(tmp_path: Path) -> None:
    fresh = Corpus(tmp_path, Home.of(tmp_path / "home"))
    assert fresh.run({"letters": _texts(2)}, against="released")["released"] == {}
    for settings, says in (
        (
            {"deduplicate": {"against": "released", "preset": "fineweb-14x8"}},
            "deduplicate.preset korean, this run has fineweb-14x8",
        ),
        ({"protect": {"skip": ["name"]}}, "level of personal data pseudonymised, this run has raw"),
    ):
        fresh.settings = settings
        with pytest.raises(ConfigError, match=says):
            fresh.run({"letters": _texts(1, 50)}, against="released")
    shutil.rmtree(fresh.home.index("test"))
    fresh.settings = {}
    with pytest.raises(ConfigError, match="has no index; run it in full once more"):
        fresh.run({"letters": _texts(1, 50)}, against="released")
