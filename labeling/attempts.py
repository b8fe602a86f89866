"""Locks out an address that keeps offering wrong tokens (safety measures notice, art. 5(6))."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from labeling.errors import LabelingError

FAILURES = 10
WINDOW = timedelta(minutes=10)
_ADDRESSES = 10_000  # remembered at most; the one that failed longest ago is forgotten first


class LockedOutError(LabelingError):
    """Too many wrong tokens from one address; wait ten minutes."""

    code = "locked_out"


class Attempts:
    """Failed sign-ins of each address, in memory: a restart forgives, a guesser gains ten tries by it."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def require_open(self, address: str, now: datetime) -> None:
        """Refuses an address with too many recent failures.

        Raises:
            LockedOutError: there were `FAILURES` within `WINDOW`.
        """
        with self._lock:
            recent = self._failures.get(address, deque())
            while recent and recent[0] <= now - WINDOW:
                recent.popleft()
            if len(recent) >= FAILURES:
                raise LockedOutError("too many wrong tokens from this address; wait ten minutes and try again")

    def failed(self, address: str, now: datetime) -> None:
        """Counts a failure."""
        with self._lock:
            self._failures.setdefault(address, deque(maxlen=FAILURES)).append(now)
            self._failures.move_to_end(address)
            while len(self._failures) > _ADDRESSES:
                self._failures.popitem(last=False)
