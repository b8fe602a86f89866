"""Progress of projects, counted now and then: a million tasks take half a second to count, and every page asks."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from labeling.progress import Progress
from labeling.queue import Queue

KEPT_FOR = timedelta(seconds=30)


class CountedProgress:
    """Remembers each project's progress for `KEPT_FOR`. One thread counts; the others show the last count meanwhile."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._known: dict[str, tuple[datetime, Progress]] = {}
        self._counting = threading.Lock()

    def of(self, project: str, now: datetime) -> Progress:
        """Progress of a project, at most `KEPT_FOR` old, or as old as a count that is running."""
        known = self._known.get(project)
        if known is not None and now - known[0] < KEPT_FOR:
            return known[1]
        if not self._counting.acquire(blocking=known is None):
            assert known is not None, "only a first count is waited for"
            return known[1]
        try:
            return self._count(project, now)
        finally:
            self._counting.release()

    def _count(self, project: str, now: datetime) -> Progress:
        known = self._known.get(project)  # another thread may have counted while this one waited
        if known is None or now - known[0] >= KEPT_FOR:
            known = self._known[project] = now, self._queue.progress(project, now=now)
        return known[1]
