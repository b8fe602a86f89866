from __future__ import annotations

from dataclasses import replace

import pytest

from labeling.accept import AcceptReport, Given
from labeling.queue import Queue
from tests.labeling.conftest import NOON, after, make_tasks

TASK = make_tasks(1)[0].task_id
ANSWER = Given(TASK, "wkim", "좋음", NOON, after(5))


@pytest.fixture
def queue_of_one(queue: Queue) -> Queue:
    queue.load(make_tasks(1))
    return queue


def test_an_answer_from_elsewhere_fills_the_task(queue_of_one: Queue):
    assert queue_of_one.accept([ANSWER]) == AcceptReport(1, 0, ())
    assert queue_of_one.lease("wlee", "quality", now=after(6)) is None
    assert queue_of_one.accept([replace(ANSWER, worker="wlee")]).refused == ((TASK, "taken"),)


def test_a_skip_from_elsewhere_leaves_the_task_to_others_but_not_to_its_worker(queue_of_one: Queue):
    assert queue_of_one.accept([replace(ANSWER, answer=None)]).added == 1
    assert queue_of_one.lease("wkim", "quality", now=after(6)) is None
    assert queue_of_one.lease("wlee", "quality", now=after(6)) is not None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (replace(ANSWER, task_id="unknown"), "bad_answer"),
        (replace(ANSWER, answer="훌륭함"), "bad_answer"),
        (replace(ANSWER, guideline_version="never"), "bad_answer"),
    ],
)
def test_what_the_queue_does_not_know_is_refused_and_the_rest_is_taken(queue_of_one: Queue, given: Given, code: str):
    assert queue_of_one.accept([given, ANSWER]) == AcceptReport(1, 0, ((given.task_id, code),))


def test_an_answer_from_elsewhere_does_not_push_out_who_holds_the_task(queue_of_one: Queue):
    held = queue_of_one.lease("wkim", "quality", now=NOON)
    assert queue_of_one.accept([ANSWER]).refused == ((TASK, "answered"),)
    assert queue_of_one.accept([replace(ANSWER, worker="wlee")]).refused == ((TASK, "taken"),)
    queue_of_one.submit(held.hold, "좋음", now=after(1))


def test_a_pulled_task_takes_no_answer_from_elsewhere(queue_of_one: Queue):
    queue_of_one.pull(["doc00000"], now=NOON)
    assert queue_of_one.accept([ANSWER]).refused == ((TASK, "pulled"),)
