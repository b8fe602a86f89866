from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from governance.records.errors import ConfigError, NotFoundError
from labeling.errors import AnsweredError, AnswerError, PulledError, StaleLeaseError, TakenError
from labeling.lease import Finding, PersonalData, SkipReason
from labeling.project import Project
from labeling.queue import HOLD_S, LoadReport, Queue
from labeling.store.port import Store
from tests.labeling.conftest import NOON, QUALITY, after, make_tasks

Loaded = Callable[..., Queue]


def take(queue: Queue, worker: str, seconds: float = 0, lease_s: int = 60):
    lease = queue.lease(worker, "quality", now=after(seconds), lease_s=lease_s)
    assert lease is not None
    return lease


# Loading


def test_loading_again_adds_nothing_and_keeps_answers(queue: Queue):
    assert queue.load(make_tasks(5)) == LoadReport(added=5, moved=0, unchanged=0, erased=0)
    queue.submit(take(queue, "kim").hold, "좋음", now=after(1))
    assert queue.load(make_tasks(5)) == LoadReport(added=0, moved=0, unchanged=5, erased=0)
    assert queue.load([]) == LoadReport(0, 0, 0, 0)
    assert {take(queue, "lee", 2 + n, lease_s=1).task.doc_id for n in range(9)} == {
        lease.doc_id for lease in make_tasks(5)
    } - {answered_by(queue)}


def answered_by(queue: Queue) -> str:
    return queue.export("quality")["doc_id"][0].as_py()


def test_a_known_task_learns_where_its_document_is_now(queue: Queue):
    old = make_tasks(1)[0]
    queue.load([old])
    new = replace(old, release_id="release2", shard="source=petitions/part-9.parquet", row=77)
    assert queue.load([new]).moved == 1
    assert take(queue, "kim").task == new


def test_a_task_of_an_unknown_project_is_refused(queue: Queue):
    with pytest.raises(NotFoundError, match="no labelling project 'other'"):
        queue.load(make_tasks(1, project="other"))


def test_a_gold_answer_must_be_a_label(queue: Queue):
    with pytest.raises(ConfigError, match="gold answer is not a label"):
        queue.load(make_tasks(1, gold="훌륭함"))


@pytest.mark.parametrize("step", [1, -1], ids=["listed", "listed backwards"])
def test_tasks_go_out_by_priority_then_in_the_order_of_their_hash(queue: Queue, step: int):
    tasks = make_tasks(6)
    tasks[4] = replace(tasks[4], priority=1)
    queue.load(tasks[::step])
    order = []
    for n in range(6):
        lease = take(queue, "kim", n)
        order.append(lease.task)
        queue.submit(lease.hold, "좋음", now=after(n))
    assert order == sorted(tasks, key=lambda task: (-task.priority, task.task_id))


# Leases


def test_two_workers_never_hold_one_task(loaded: Loaded):
    queue = loaded(2)
    assert take(queue, "kim").task != take(queue, "lee").task
    assert queue.lease("park", "quality", now=after(1)) is None


def test_two_windows_of_one_worker_see_one_lease(loaded: Loaded):
    queue = loaded(3)
    assert take(queue, "kim") == take(queue, "kim", 5)


def test_overlap_counts_workers_and_answers(loaded: Loaded):
    queue = loaded(1, overlap=2)
    kim, lee = take(queue, "kim"), take(queue, "lee")
    assert kim.task == lee.task and kim.fencing < lee.fencing
    queue.submit(kim.hold, "좋음", now=after(1))
    assert queue.lease("park", "quality", now=after(2)) is None
    assert queue.lease("kim", "quality", now=after(2)) is None, "kim has answered it"


def test_an_expired_lease_comes_back_and_its_holder_is_fenced_off(loaded: Loaded):
    queue = loaded(1)
    kim = take(queue, "kim", lease_s=60)
    assert queue.lease("lee", "quality", now=after(59.9)) is None
    lee = take(queue, "lee", 60)
    assert lee.task == kim.task and lee.fencing > kim.fencing
    for act in (
        lambda: queue.submit(kim.hold, "좋음", now=after(61)),
        lambda: queue.heartbeat(kim.hold, now=after(61)),
        lambda: queue.release(kim.hold, now=after(61)),
        lambda: queue.skip(kim.hold, SkipReason.UNCLEAR, now=after(61)),
    ):
        with pytest.raises(StaleLeaseError):
            act()
    queue.submit(lee.hold, "나쁨", now=after(62))


def test_an_answer_after_the_lease_ran_out_is_refused_even_when_nobody_took_the_task(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim", lease_s=60)
    with pytest.raises(StaleLeaseError, match="ran out"):
        queue.submit(lease.hold, "좋음", now=after(60))


def test_an_older_fencing_token_of_the_same_worker_is_refused(loaded: Loaded):
    queue = loaded(1)
    first = take(queue, "kim", lease_s=10)
    second = take(queue, "kim", 20)
    assert second.task == first.task and second.fencing > first.fencing
    with pytest.raises(StaleLeaseError, match="old"):
        queue.submit(first.hold, "좋음", now=after(21))
    queue.submit(second.hold, "좋음", now=after(21))


def test_a_heartbeat_keeps_a_lease_but_not_for_ever(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim", lease_s=60)
    assert queue.heartbeat(lease.hold, now=after(50), lease_s=60) == after(110)
    assert queue.lease("lee", "quality", now=after(100)) is None
    beat, end = 100, after(110)
    while end < after(HOLD_S):
        end = queue.heartbeat(lease.hold, now=after(beat), lease_s=600)
        beat += 500
    assert end == after(HOLD_S)
    assert queue.lease("lee", "quality", now=after(HOLD_S)) is not None


def test_a_released_task_goes_to_others_first_and_comes_back_when_nothing_else_is_left(loaded: Loaded):
    queue = loaded(2)
    first = take(queue, "kim")
    queue.release(first.hold, now=after(1))
    second = take(queue, "kim", 2)
    assert second.task != first.task
    assert take(queue, "lee", 3).task == first.task
    queue.release(queue.lease("lee", "quality", now=after(3)).hold, now=after(4))
    queue.submit(second.hold, "좋음", now=after(5))
    assert take(queue, "kim", 6).task == first.task


def test_a_skipped_task_goes_to_others_and_never_back(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim")
    queue.skip(lease.hold, SkipReason.BROKEN, now=after(1))
    assert queue.lease("kim", "quality", now=after(2)) is None
    assert take(queue, "lee", 3).task == lease.task


def test_what_policy_refused_is_not_offered_again_until_it_is_reconsidered(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim")
    queue.refuse(lease.hold, ["label.domestic"], now=after(1))
    assert queue.lease("kim", "quality", now=after(2)) is None
    assert queue.reconsider("kim") == 1
    assert take(queue, "kim", 3).task == lease.task


def test_a_worker_who_has_done_much_still_reaches_what_came_back(loaded: Loaded):
    queue = loaded(20, overlap=2)
    seen = []
    for n in range(20):
        lease = take(queue, "kim", n)
        seen.append(lease.task.doc_id)
        queue.submit(lease.hold, "좋음", now=after(n))
    lee = take(queue, "lee", 30)
    queue.release(lee.hold, now=after(31))
    assert lee.task.doc_id == seen[0]
    assert {take(queue, f"w{n}", 32).task.doc_id for n in range(20)} == set(seen)


def test_a_moment_without_a_time_zone_is_refused(loaded: Loaded):
    with pytest.raises(ConfigError, match="time zone"):
        loaded(1).lease("kim", "quality", now=NOON.replace(tzinfo=None))


# Answers


def test_sending_an_answer_twice_is_one_answer(loaded: Loaded):
    queue = loaded(1, overlap=2)
    lease = take(queue, "kim")
    for _ in range(2):
        queue.submit(lease.hold, "좋음", now=after(1))
    assert queue.export("quality").num_rows == 1
    with pytest.raises(AnsweredError, match="undo"):
        queue.submit(lease.hold, "나쁨", now=after(2))


def test_an_answer_outside_the_labels_is_refused_and_not_repeated_in_the_message(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim")
    with pytest.raises(AnswerError) as caught:
        queue.submit(lease.hold, "홍길동에게 전화", now=after(1))
    assert "홍길동" not in str(caught.value)
    queue.submit(lease.hold, "좋음", now=after(2))


def test_an_answer_counts_under_the_guideline_its_worker_was_shown(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim")
    queue.define(Project("quality", "새 지침", ("예", "아니오")), now=after(1))
    assert lease.guideline_version == QUALITY.version
    queue.submit(lease.hold, "보통", now=after(2))
    assert queue.project("quality").labels == ("예", "아니오")


def test_a_task_never_handed_to_a_worker_is_not_found_for_them(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim")
    with pytest.raises(NotFoundError, match="never handed to lee"):
        queue.submit(replace(lease.hold, worker="lee"), "좋음", now=after(1))


# Undo


def test_undo_hands_the_last_answered_task_back_to_its_worker_alone(loaded: Loaded):
    queue = loaded(2)
    first = take(queue, "kim")
    queue.submit(first.hold, "좋음", now=after(1))
    second = take(queue, "kim", 2)
    again = queue.undo("kim", "quality", now=after(3), lease_s=60)
    assert again.task == first.task and again.fencing > first.fencing
    assert take(queue, "kim", 4) == again
    assert take(queue, "lee", 5).task == second.task, "what kim held went back"
    assert queue.lease("park", "quality", now=after(6)) is None
    queue.submit(again.hold, "나쁨", now=after(7))


def test_undo_takes_back_a_skip_unless_the_task_filled_up(loaded: Loaded):
    queue = loaded(1)
    queue.skip(take(queue, "kim").hold, SkipReason.OTHER, now=after(1))
    again = queue.undo("kim", "quality", now=after(2), lease_s=60)
    queue.skip(again.hold, SkipReason.OTHER, now=after(3))
    take(queue, "lee", 4)
    with pytest.raises(TakenError, match="full"):
        queue.undo("kim", "quality", now=after(5))


def test_undo_without_an_answer_says_so(loaded: Loaded):
    with pytest.raises(NotFoundError, match="nothing of kim to take back"):
        loaded(1).undo("kim", "quality", now=NOON)


# Personal information


def test_personal_information_pulls_the_document_everywhere_and_is_reported_once(store: Store):
    told: list[Finding] = []
    queue = Queue(store, on_finding=told.append)
    other = Project("topic", "주제를 고릅니다.", ("행정", "생활"))
    for project in (QUALITY, other):
        queue.define(project, now=NOON)
    queue.load(make_tasks(1, overlap=2) + make_tasks(1, project="topic"))
    kim, lee = take(queue, "kim"), take(queue, "lee")
    elsewhere = queue.lease("park", "topic", now=NOON)
    for _ in range(2):
        queue.pii_found(kim.hold, PersonalData.NAME, now=after(5))
    assert [(f.doc_id, f.shard, f.kind, f.worker, f.found_at) for f in told] == [
        ("doc00000", "source=petitions/part-0.parquet", PersonalData.NAME, "kim", after(5))
    ]
    for lease, answer in ((kim, "좋음"), (lee, "좋음"), (elsewhere, "행정")):
        with pytest.raises(PulledError):
            queue.submit(lease.hold, answer, now=after(6))
    assert queue.lease("choi", "quality", now=after(7)) is None


def test_a_report_that_could_not_be_delivered_waits_for_the_next_try(store: Store):
    told: list[Finding] = []
    reachable = False

    def keeper(finding: Finding) -> None:
        if not reachable:
            raise NotFoundError("no such shard")
        told.append(finding)

    queue = Queue(store, on_finding=keeper)
    queue.define(QUALITY, now=NOON)
    queue.load(make_tasks(1))
    lease = take(queue, "kim")
    with pytest.raises(NotFoundError):
        queue.pii_found(lease.hold, PersonalData.UNIQUE_ID, now=after(1))
    reachable = True
    assert (queue.deliver_findings(), queue.deliver_findings(), len(told)) == (1, 0, 1)


def test_personal_information_seen_under_a_lease_that_ran_out_is_still_reported(loaded: Loaded):
    queue = loaded(1)
    lease = take(queue, "kim", lease_s=60)
    assert queue.pii_found(lease.hold, PersonalData.CONTACT, now=after(100)).doc_id == "doc00000"
    with pytest.raises(NotFoundError):
        queue.pii_found(replace(lease.hold, worker="lee"), PersonalData.CONTACT, now=after(101))


# Suspension and erasure


def test_a_pulled_document_leaves_the_queue_and_comes_back_with_its_answers(loaded: Loaded):
    queue = loaded(1, overlap=2)
    queue.submit(take(queue, "kim").hold, "좋음", now=after(1))
    lee = take(queue, "lee", 2)
    assert queue.pull(["doc00000"], now=after(3)) == 1
    with pytest.raises(PulledError):
        queue.submit(lee.hold, "좋음", now=after(4))
    assert queue.lease("park", "quality", now=after(5)) is None
    with pytest.raises(PulledError):
        queue.undo("kim", "quality", now=after(5))
    assert queue.restore(["doc00000"]) == 1
    assert take(queue, "park", 6).task == lee.task
    assert queue.lease("choi", "quality", now=after(7)) is None, "kim's answer still counts"


def test_an_erased_document_does_not_come_back(queue: Queue):
    queue.load(make_tasks(50))
    for n in range(50):
        queue.submit(take(queue, "kim", n).hold, "좋음", now=after(n))
    assert queue.purge(["doc00007", "doc00031"]) == 2
    assert queue.export("quality").num_rows == 48
    assert queue.load(make_tasks(50)) == LoadReport(added=0, moved=0, unchanged=48, erased=2)


def test_an_unknown_project_is_named_with_where_to_look(queue: Queue):
    with pytest.raises(NotFoundError, match="queue status"):
        queue.lease("kim", "none", now=NOON)
