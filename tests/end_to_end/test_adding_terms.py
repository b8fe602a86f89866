"""Sources that are only carried over: where their terms do not allow it any more, they leave, and it is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.sharing.settings import open_store
from governance.store.sources import StateChange
from governance.verify import verify_release
from pipelines.home import Home
from tests.end_to_end.batches import OTHER_TERMS, Corpus, decisions, released
from tests.end_to_end.conftest import NOW, documents, letter

ENDING = {**OTHER_TERMS, "expires": "2026-12-01", "attribution": "거울"}
LATER = "2026-12-05"


def _texts(count: int, start: int = 0) -> dict[str, str]:
    return {d["id"]: d["text"] for d in documents(count, start)}


def _carried(result: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {b["source"]: (b["came"], b["kept"], b["dropped"]) for b in result["books"] if b["stage"] == "carried"}


def _of(home: Home, source: str) -> set[str]:
    index = pl.read_parquet(sorted(home.corpus("test").glob("releases/*/index.parquet")))
    return set(index.filter(pl.col("source") == source)["doc_id"]) & set(released(home))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Six letters, and four of a source whose terms end: two of them copies of letters."""
    corpus = Corpus(tmp_path_factory.mktemp("terms"), Home.of(tmp_path_factory.mktemp("terms-home") / "home"))
    corpus.terms["mirror"] = ENDING
    corpus.settings = {"deduplicate": {"passages": [{"unit": "line", "scope": "corpus", "at_least_documents": 3}]}}
    corpus.run({"letters": _texts(6), "mirror": _texts(4, 4)})
    return corpus


def test_a_source_whose_terms_ended_is_not_carried_over_and_its_texts_may_come_from_elsewhere(
    begun: Corpus, tmp_path: Path
) -> None:
    home = begun.elsewhere(str(tmp_path / "ended"))
    gone = _of(home, "mirror")
    assert len(gone) == 4
    begun.settings["as_of"] = LATER
    try:
        # Letter 6 stood in the mirror alone: another source may bring it back.
        result = begun.run({"letters": {"back": letter(6), **_texts(2, 20)}}, home=home, against="released")
        again = begun.world.run(home=home)
        next_one = begun.run({"letters": _texts(1, 30)}, home=home, against="released")
    finally:
        del begun.settings["as_of"]
    assert [entry["source"] for entry in result["stopped"]] == ["mirror"] and again["worked"] is False
    assert _carried(result) == {"letters": (6, 6, 0), "mirror": (4, 0, 4)}
    assert _carried(next_one) == {"letters": (9, 9, 0)} and next_one["stopped"] == []
    assert not gone & set(released(home)) and len(released(home)) == 10
    told = decisions(result).filter(pl.col("rule") == "terms@1")
    assert set(told["doc_id"]) == gone and set(told["stage"]) == {"carried"} and set(told["outcome"]) == {"dropped"}
    assert told["code"].unique().to_list() == [",".join(result["stopped"][0]["policies"])]
    release = Path(result["release"])
    assert not gone & set(pl.read_parquet(release / "clusters.parquet")["survivor_id"])
    assert (
        "거울" not in (release / "ATTRIBUTION.md").read_text() and "mirror" not in (release / "README.md").read_text()
    )
    html = Path(result["report"]).read_text()
    assert "carried over no longer" in html and "4 documents that were released" in html
    verify_release(home.corpus("test"), "latest", home.public_key.read_bytes()).require()


def test_a_source_that_an_officer_suspends_leaves_when_the_same_batch_runs_again(begun: Corpus, tmp_path: Path) -> None:
    home = begun.elsewhere(str(tmp_path / "suspended"))
    first = begun.run({"letters": _texts(2, 40)}, home=home, against="released")
    assert _carried(first)["mirror"] == (4, 4, 0) and begun.world.run(home=home)["worked"] is False
    change = StateChange("test", "mirror", "suspended", "R-1")
    open_store(home.root).sources.set_state(change, at=NOW, by="officer")
    after = begun.world.run(home=home)
    assert after["worked"] and [entry["source"] for entry in after["stopped"]] == ["mirror"]
    assert _carried(after) == {"letters": (8, 8, 0), "mirror": (4, 0, 4)} and len(released(home)) == 8
    open_store(home.root).sources.set_state(StateChange("test", "mirror", "active", "R-2"), at=NOW, by="officer")
    # What left comes back by being read, not by itself.
    assert begun.world.run(home=home)["worked"] is False
    back = begun.run({"mirror": _texts(4, 4)}, home=home, against="released")
    assert len(released(home)) == 12 and back["stopped"] == []
    verify_release(home.corpus("test"), "latest", home.public_key.read_bytes()).require()


def test_terms_that_the_batch_states_and_that_are_refused_hold_for_what_was_released_too(
    begun: Corpus, tmp_path: Path
) -> None:
    home = begun.elsewhere(str(tmp_path / "restated"))
    begun.terms["mirror"] = {**ENDING, "expires": "2026-11-01"}
    try:
        result = begun.run({"letters": _texts(1, 50), "mirror": _texts(1, 60)}, home=home, against="released")
    finally:
        begun.terms["mirror"] = ENDING
    assert [entry["source"] for entry in result["refused"]] == ["mirror"] == [e["source"] for e in result["stopped"]]
    assert _carried(result)["mirror"] == (4, 0, 4) and len(released(home)) == 7
