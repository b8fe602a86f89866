from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from labeling.export import ANSWERS
from labeling.lease import SkipReason
from labeling.project import Project
from labeling.queue import Queue
from tests.labeling.conftest import NOON, QUALITY, after, make_tasks


def fill(queue: Queue) -> Queue:
    queue.load(make_tasks(2, overlap=2, rule="sample"))
    first = queue.lease("wkim", "quality", now=after(10))
    queue.submit(first.hold, "좋음", now=after(12.5))
    second = queue.lease("wkim", "quality", now=after(20))
    queue.skip(second.hold, SkipReason.UNCLEAR, now=after(21))
    queue.lease("wlee", "quality", now=after(22))
    return queue


def test_each_row_says_where_the_answer_came_from(queue: Queue):
    rows = {row["outcome"]: row for row in fill(queue).export("quality").to_pylist()}
    answered = rows["answered"]
    assert (answered["worker"], answered["answer"], answered["reason"], answered["rule"]) == (
        "wkim",
        "좋음",
        None,
        "sample",
    )
    assert (answered["leased_at"], answered["answered_at"], answered["seconds"]) == (after(10), after(12.5), 2.5)
    assert (answered["release_id"], answered["guideline_version"]) == ("release1", QUALITY.version)
    assert (rows["skipped"]["answer"], rows["skipped"]["reason"]) == (None, "unclear")
    assert len(rows) == 2, "a lease that still runs is not an answer"


def test_the_file_names_its_tasks_releases_and_guidelines_and_is_the_same_each_time(queue: Queue, tmp_path: Path):
    fill(queue)
    for name in ("a.parquet", "b.parquet"):
        assert queue.write_export("quality", tmp_path / name) == 2
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    read = pq.read_table(tmp_path / "a.parquet")
    assert read.schema.equals(ANSWERS)
    lineage = json.loads(read.schema.metadata[b"malmoi.answers"])
    assert lineage["project"] == "quality" and lineage["labels"] == list(QUALITY.labels)
    assert (lineage["releases"], lineage["guidelines"], lineage["rows"]) == (["release1"], [QUALITY.version], 2)


def test_only_ids_have_statistics(queue: Queue, tmp_path: Path):
    fill(queue).write_export("quality", tmp_path / "a.parquet")
    group = pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0)
    columns = [group.column(n) for n in range(group.num_columns)]
    assert [c.path_in_schema for c in columns if c.is_stats_set] == ["doc_id", "task_id"]


def test_an_answer_keeps_the_guideline_it_was_given_under(queue: Queue):
    fill(queue)
    queue.define(Project("quality", "고친 지침", QUALITY.labels), now=after(30))
    queue.submit(queue.lease("wlee", "quality", now=after(31)).hold, "나쁨", now=after(32))
    rows = queue.export("quality").to_pylist()
    assert {row["worker"]: row["guideline_version"] for row in rows if row["outcome"] == "answered"} == {
        "wkim": QUALITY.version,
        "wlee": QUALITY.version,
    }, "lee was handed the task before the guideline changed"
    later = queue.lease("wpark", "quality", now=after(40))
    assert later.guideline_version != QUALITY.version


def test_a_pulled_document_is_not_exported(queue: Queue):
    fill(queue).pull(["doc00000", "doc00001"], now=after(50))
    assert queue.export("quality").num_rows == 0


def test_an_empty_project_exports_an_empty_table_of_the_same_schema(queue: Queue):
    assert queue.export("quality").schema.equals(ANSWERS)
    assert queue.tasks("quality") == []


def test_an_officer_sees_every_turn_at_a_document(queue: Queue):
    fill(queue)
    turns = [turn for task in make_tasks(2) for turn in queue.trace(task.doc_id)]
    assert sorted((turn.worker, turn.state, turn.answer) for turn in turns) == [
        ("wkim", "answered", "좋음"),
        ("wkim", "skipped", None),
        ("wlee", "leased", None),
    ]
    assert next(turn for turn in turns if turn.state == "leased").finished_at is None
    assert queue.trace("nowhere") == []
    assert turns[0].leased_at >= NOON
