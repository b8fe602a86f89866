from __future__ import annotations

from labeling.lease import PersonalData, SkipReason
from labeling.progress import Progress, Score, WorkerProgress
from labeling.queue import Queue
from tests.labeling.conftest import NOON, after, make_tasks


def answer(queue: Queue, worker: str, label: str, seconds: float):
    lease = queue.lease(worker, "quality", now=after(seconds))
    queue.submit(lease.hold, label, now=after(seconds + 1))
    return lease.task


def test_progress_counts_tasks_answers_leases_and_what_left(queue: Queue):
    queue.load(make_tasks(4, overlap=2))
    answer(queue, "wkim", "좋음", 0)
    answer(queue, "wlee", "좋음", 2)
    queue.skip(queue.lease("wkim", "quality", now=after(4)).hold, SkipReason.OTHER, now=after(5))
    queue.pii_found(queue.lease("wlee", "quality", now=after(6)).hold, PersonalData.NAME, now=after(7))
    queue.lease("wpark", "quality", now=after(8), lease_s=60)
    assert queue.progress("quality", now=after(9), since=after(2)) == Progress(
        project="quality",
        tasks=4,
        done=1,
        answers=2,
        places=6,
        leased=1,
        pulled=1,
        gold=0,
        findings=1,
        workers=(
            WorkerProgress("wkim", answered=1, skipped=1, recent=0),
            WorkerProgress("wlee", answered=1, skipped=0, recent=1),
        ),
    )
    assert queue.progress("quality", now=after(100)).leased == 0
    assert queue.worker_progress("wlee", "quality", since=after(2)).recent == 1
    assert queue.worker_progress("wnew", "quality", since=NOON) == WorkerProgress("wnew")


def test_an_empty_project_is_done(queue: Queue):
    assert queue.progress("quality", now=NOON).share == 1.0


def test_workers_are_scored_on_gold_tasks_which_do_not_count_as_work(queue: Queue):
    queue.load(make_tasks(3, overlap=9, gold="좋음"))
    for n in range(3):
        answer(queue, "wkim", "좋음", 10 * n)
        answer(queue, "wlee", "좋음" if n == 0 else "나쁨", 10 * n + 5)
    assert queue.scores("quality") == [Score("wkim", 3, 3), Score("wlee", 3, 1)]
    assert [round(score.share, 2) for score in queue.scores("quality")] == [1.0, 0.33]
    progress = queue.progress("quality", now=after(99))
    assert (progress.tasks, progress.gold, progress.answers) == (0, 3, 0)
