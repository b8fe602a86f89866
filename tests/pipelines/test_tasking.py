from datetime import UTC, datetime

import polars as pl
import pytest

from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.recipe import LabelSettings
from pipelines.runs import list_runs
from pipelines.tasking import load_queue
from pipelines.tasks import Context

NOON = datetime(2026, 11, 24, 3, tzinfo=UTC)
BASE = {"project": "more", "guideline": "읽고", "labels": ["좋음", "나쁨"]}


def _load(home: Home, **settings: object) -> list[tuple[str, str, int]]:
    """(doc_id, shard, row) of the tasks that these settings make."""
    plan = Plan.load(home.run(list_runs(home)[0]["run"]) / "plan.json")
    recipe = plan.recipe.model_copy(update={"label": [LabelSettings.model_validate(BASE | settings)]})
    load_queue(Context(plan.model_copy(update={"home": home.root, "recipe": recipe})), NOON)
    return [(t.doc_id, t.shard, t.row) for t in Queue(SqliteStore(home.queue)).tasks("more")]


def test_a_task_points_at_the_row_of_its_document(released: Home) -> None:
    tasks = _load(released)
    assert len(tasks) == 16
    for doc_id, shard, row in tasks:
        assert pl.read_parquet(released.corpus("test") / shard)["doc_id"][row] == doc_id


def test_loading_again_adds_nothing(released: Home) -> None:
    assert _load(released, count=4) == _load(released, count=4) and len(_load(released, count=4)) == 4


def test_strata_keep_a_large_source_from_drowning_a_small_one(released: Home) -> None:
    shards = [shard for _, shard, _ in _load(released, count=2, strata="source")]
    assert sorted(shard.split("/")[1] for shard in shards) == ["letters", "letters", "texts", "texts"]


@pytest.mark.parametrize(("where", "expected"), [({"chars": {"at_least": 1}}, 16), ({"chars": {"above": 10_000}}, 0)])
def test_bounds_choose_by_what_was_measured(released: Home, where: dict, expected: int) -> None:
    assert len(_load(released, where=where)) == expected


def test_the_queue_holds_no_text(released: Home) -> None:
    _load(released)
    assert "문서는".encode() not in released.queue.read_bytes()


def test_a_recipe_without_projects_makes_no_queue(released: Home) -> None:
    plan = Plan.load(released.run(list_runs(released)[0]["run"]) / "plan.json")
    recipe = plan.recipe.model_copy(update={"label": []})
    released.queue.unlink()
    assert load_queue(Context(plan.model_copy(update={"home": released.root, "recipe": recipe})), NOON) == []
    assert not released.queue.exists()
