from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from governance.records.errors import ConfigError
from labeling.accept import AcceptReport
from labeling.label_studio import DOMAIN, from_label_studio, label_config, to_label_studio
from labeling.lease import SkipReason
from labeling.project import Project
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from tests.labeling.conftest import NOON, QUALITY, after, make_tasks

REAL = Path(os.environ.get("MALMOI_DATA", Path(__file__).parents[3] / "shared" / "data")) / "platform" / "label_studio"
real = pytest.mark.skipif(not REAL.exists(), reason="shared data with real Label Studio exports is not here")


@pytest.fixture
def answered(tmp_path: Path) -> Queue:
    """Two answers, a skip and a task nobody took."""
    queue = Queue(SqliteStore(tmp_path / "here.sqlite"))
    queue.define(QUALITY, now=NOON)
    queue.load(make_tasks(2, overlap=2))
    for worker, answer in (("wkim", "좋음"), ("wlee", "나쁨")):
        lease = queue.lease(worker, "quality", now=after(1))
        queue.submit(lease.hold, answer, now=after(8.25))
    lease = queue.lease("wkim", "quality", now=after(9))
    queue.skip(lease.hold, SkipReason.BROKEN, now=after(10.000001))
    return queue


def exported(queue: Queue) -> list[dict]:
    return json.loads(json.dumps(to_label_studio(queue.tasks("quality"), queue.export("quality"))))


def test_answers_come_back_as_they_left(answered: Queue, tmp_path: Path):
    elsewhere = Queue(SqliteStore(tmp_path / "there.sqlite"))
    elsewhere.define(QUALITY, now=NOON)
    elsewhere.load(make_tasks(2, overlap=2))
    reading = from_label_studio(exported(answered))
    assert reading.problems == ()
    assert elsewhere.accept(reading.given) == AcceptReport(added=3, known=0, refused=())
    assert elsewhere.export("quality").equals(answered.export("quality"), check_metadata=True)
    assert elsewhere.accept(reading.given) == AcceptReport(added=0, known=3, refused=())


def test_tasks_leave_as_pointers_unless_a_text_is_given(answered: Queue):
    items = exported(answered)
    assert [item["data"]["text"] for item in items] == ["", ""]
    assert {item["data"]["doc_id"] for item in items} == {"doc00000", "doc00001"}
    with_text = to_label_studio(answered.tasks("quality"), answered.export("quality"), lambda task: f"글 {task.row}")
    assert {item["data"]["text"] for item in with_text} == {"글 0", "글 1"}


def test_what_is_gold_does_not_leave(answered: Queue):
    answered.load([replace(task, gold="좋음") for task in make_tasks(2, overlap=2)])
    assert "gold" not in json.dumps(exported(answered))


def test_the_objects_have_the_keys_that_label_studio_writes(answered: Queue):
    item = next(item for item in exported(answered) if item["annotations"])
    assert {"id", "data", "meta", "annotations", "predictions", "total_annotations"} <= set(item)
    annotation = item["annotations"][0]
    assert {"id", "completed_by", "result", "was_cancelled", "lead_time", "created_at", "task"} <= set(annotation)
    assert {"id", "type", "value", "origin", "to_name", "from_name"} <= set(annotation["result"][0])


@real
def test_our_annotations_have_no_key_that_a_real_export_lacks(answered: Queue):
    real_item = json.loads((REAL / "test_export_csv" / "csv_test2.json").read_text())[0]
    ours = next(item for item in exported(answered) if item["annotations"])
    assert set(ours["annotations"][0]) <= set(real_item["annotations"][0])
    assert set(ours) - set(real_item) <= {"meta", "total_annotations", "cancelled_annotations"}


@real
def test_a_real_export_that_is_not_ours_is_refused_annotation_by_annotation_and_names_nobody():
    data = json.loads((REAL / "test_export_csv" / "csv_test2.json").read_text())
    reading = from_label_studio(data, from_name="uri_selection")
    assert reading.given == () and len(reading.problems) == sum(len(item["annotations"]) for item in data)
    assert all("not one of ours" in problem for problem in reading.problems)
    assert not any("@" in problem for problem in reading.problems)


@real
def test_a_real_export_of_our_tasks_is_read_with_its_users_and_times():
    data = json.loads((REAL / "test_export_csv" / "csv_test2.json").read_text())
    task = make_tasks(1)[0].task_id
    data[0]["data"]["task_id"] = task
    user = data[0]["annotations"][0]["completed_by"]["email"]
    reading = from_label_studio(data[:1], {user: "wkim"}, from_name="uri_selection")
    first = reading.given[0]
    assert (first.task_id, first.worker) == (task, "wkim")
    assert (first.finished_at - first.started_at).total_seconds() == pytest.approx(10.744)


def annotation(**rest: object) -> list[dict]:
    value = {
        "id": 5,
        "completed_by": {"id": 1, "email": f"wkim@{DOMAIN}"},
        "created_at": "2026-03-02T12:00:00Z",
        "result": [{"from_name": "label", "type": "choices", "value": {"choices": ["좋음"]}}],
    }
    return [{"id": 1, "data": {"task_id": make_tasks(1)[0].task_id}, "annotations": [value | rest]}]


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"completed_by": 7}, "no pseudonym"),
        ({"completed_by": {"id": 7, "email": "person@example.org"}}, "no pseudonym"),
        ({"created_at": None}, "created_at"),
        ({"result": []}, "exactly one label"),
        ({"result": [{"from_name": "label", "value": {"choices": ["좋음", "나쁨"]}}]}, "exactly one label"),
        ({"result": [{"from_name": "label", "value": {"text": "x"}}]}, "exactly one label"),
    ],
)
def test_an_annotation_that_cannot_be_an_answer_says_why(rest: dict, words: str):
    reading = from_label_studio(annotation(**rest))
    assert reading.given == ()
    assert words in reading.problems[0] and "annotation 5" in reading.problems[0]
    assert "person@example.org" not in reading.problems[0]


def test_users_are_known_by_address_or_number():
    for user, key in (({"id": 7, "email": "a@example.org"}, "a@example.org"), (7, "7"), ({"id": 7}, "7")):
        assert from_label_studio(annotation(completed_by=user), {key: "wlee"}).given[0].worker == "wlee"


def test_what_is_not_an_export_is_refused():
    for wrong in ({"tasks": []}, [{"id": 1}], ["x"]):
        with pytest.raises(ConfigError, match="not a Label Studio JSON export"):
            from_label_studio(wrong)


def test_the_label_config_is_xml_with_every_label():
    root = ElementTree.fromstring(label_config(Project("p", "지침", ('좋음 "최고"', "나쁨 <최저>"), title="묻는 말")))
    assert [choice.get("value") for choice in root.iter("Choice")] == ['좋음 "최고"', "나쁨 <최저>"]
    assert root.find("Choices").get("toName") == root.find("Text").get("name")
