"""What a document says of sensitive subjects goes with it: row, ledger, queue, card, and out on erasure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.keys import KeyStore
from governance.verify import verify_release
from pipelines.commands.query import run_query
from pipelines.releases import latest_release
from pipelines.stages.rewrite import rewrite_without
from tests.end_to_end.conftest import World, documents, letter

HEALTH, UNION = "우울증 진단을 받고 약을 복용하고 있다고 하셨습니다.", "노동조합 대의원으로 활동한다고 밝혔습니다."
LABEL = {
    "project": "health",
    "guideline": "읽고",
    "labels": ["예", "아니오"],
    "where": {"sensitive_health": {"at_least": 2}},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, Any]]:
    """Six letters; four of them say something: health twice, union, union in the title, and more unions than asked."""
    world = World(tmp_path_factory.mktemp("sensitive"))
    letters = documents(6)
    letters[0]["text"] = f"{HEALTH}\n{letter(0)} {HEALTH}"
    letters[1]["text"] += f" {UNION}"
    letters[2]["title"] = "노동조합 가입 안내"
    letters[3]["text"] += f"\n{UNION}\n{UNION}\n{UNION}"
    world.jsonl("letters", letters)
    world.settings |= {"protect": {"sensitive": {"at_most": {"union": 2}}}, "label": [LABEL]}
    return world, world.run()


def _ask(world: World, sql: str) -> list[tuple[Any, ...]]:
    return run_query(world.home, "test", sql)[1]


def _release(world: World) -> Path:
    latest = latest_release(world.home, "test")
    assert latest is not None
    return world.home.release("test", latest.release_id)


def test_the_row_counts_sentences_and_the_ledger_has_their_places(told: tuple[World, dict[str, Any]]) -> None:
    sql = "SELECT doc_id, text, title, sensitive FROM documents"
    rows = {doc_id: (text, title, said) for doc_id, text, title, said in _ask(told[0], sql)}
    counts = sorted(tuple((e["category"], e["sentences"]) for e in said) for _, _, said in rows.values())
    assert counts == [(), (), (("health", 2),), (("union", 1),), (("union", 1),)]
    places = _ask(told[0], 'SELECT doc_id, field, category, start, "end", recogniser FROM sensitive')
    assert len(places) == 4 and {place[-1] for place in places} == {"sensitive@1"}
    # Nothing was replaced in these, so the places are those of the released text too.
    texts = [rows[doc_id][0 if field == "text" else 1][start:end] for doc_id, field, _, start, end, _ in places]
    assert sorted(texts) == sorted([HEALTH, HEALTH, UNION, "노동조합 가입 안내"])


def test_a_document_with_more_than_the_recipe_allows_is_dropped_with_its_measure(
    told: tuple[World, dict[str, Any]],
) -> None:
    dropped = _ask(told[0], "SELECT rule, measured, bound FROM decisions WHERE outcome = 'dropped'")
    assert dropped == [("sensitive_union@1", 3.0, 2.0)]


def test_card_and_report_count_documents_and_sentences(told: tuple[World, dict[str, Any]]) -> None:
    card = (_release(told[0]) / "README.md").read_text(encoding="utf-8")
    assert "| health | 1 | 2 |" in card and "| union | 2 | 2 |" in card
    (path,) = told[0].home.root.glob("state/runs/*/report.json")
    assert json.loads(path.read_bytes())["sensitive"] == [
        {"source": "letters", "category": "health", "documents": 1, "sentences": 2},
        {"source": "letters", "category": "union", "documents": 2, "sentences": 2},
    ]


def test_a_rule_of_the_queue_sees_the_counts(told: tuple[World, dict[str, Any]]) -> None:
    from labeling.queue import Queue
    from labeling.store.sqlite import SqliteStore

    (task,) = Queue(SqliteStore(told[0].home.queue)).tasks("health")
    assert HEALTH in _ask(told[0], f"SELECT text FROM documents WHERE doc_id = '{task.doc_id}'")[0][0]


def test_an_erased_document_leaves_no_sentence_behind(told: tuple[World, dict[str, Any]]) -> None:
    world = told[0]
    ((gone,),) = _ask(world, "SELECT DISTINCT doc_id FROM sensitive WHERE category = 'health'")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    assert rewrite_without(world.home, KeyStore.open(world.home.keys), "test", "E-one", [gone], at)
    left = pl.read_parquet(_release(world) / "ledger" / "sensitive-letters.parquet")
    assert left.height == 2 and gone not in left["doc_id"]
    verify_release(world.home.corpus("test"), "latest", world.home.public_key.read_bytes()).require()
