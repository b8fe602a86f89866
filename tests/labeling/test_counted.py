from __future__ import annotations

import threading

from labeling.counted import KEPT_FOR, CountedProgress
from labeling.progress import Progress
from labeling.queue import Queue
from tests.labeling.conftest import NOON


class SlowQueue(Queue):
    """Counts how often it is asked, and lets the test decide when a count ends."""

    def __init__(self) -> None:
        self.counts, self.begun, self.go_on = 0, threading.Event(), threading.Event()
        self.go_on.set()

    def progress(self, project, *, now, since=None) -> Progress:
        self.counts += 1
        self.begun.set()
        assert self.go_on.wait(20)
        return Progress(project, self.counts, 0, 0, 0, 0, 0, 0, 0)


def test_progress_is_counted_again_only_after_a_while():
    queue = SlowQueue()
    counted = CountedProgress(queue)
    moments = [NOON, NOON, NOON + KEPT_FOR / 2, NOON + KEPT_FOR, NOON + KEPT_FOR]
    assert [counted.of("quality", at).tasks for at in moments] == [1, 1, 1, 2, 2]


def test_while_one_counts_the_others_show_the_last_count():
    queue = SlowQueue()
    counted = CountedProgress(queue)
    counted.of("quality", NOON)
    queue.begun.clear()
    queue.go_on.clear()
    counting = threading.Thread(target=counted.of, args=("quality", NOON + KEPT_FOR))
    counting.start()
    assert queue.begun.wait(20)
    assert counted.of("quality", NOON + KEPT_FOR).tasks == 1
    queue.go_on.set()
    counting.join()
    assert counted.of("quality", NOON + KEPT_FOR).tasks == 2


def test_many_who_ask_first_at_once_make_one_count():
    queue = SlowQueue()
    counted = CountedProgress(queue)
    asking = [threading.Thread(target=counted.of, args=("quality", NOON)) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert queue.counts == 1
