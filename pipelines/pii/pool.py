"""Work on blocks side by side: results come in the order of the blocks, and only a few of either are held."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import TypeVar

from governance.records.errors import MalmoiError

Item = TypeVar("Item")
Result = TypeVar("Result")
# Blocks in hand for each worker: one that it works on, and one that waits.
_HELD = 2
# A process needs about two seconds to start, in which one worker reads about this much.
_SMALL_BYTES = 16 << 20


def workers_for(size: int, asked: int | None) -> int | None:
    """As many as were asked for; else one where starting others would cost more than it gains, and all otherwise.

    Args:
        size: bytes to read.
    """
    return 1 if asked is None and size < _SMALL_BYTES else asked


def ordered_map(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None
) -> Iterator[Result]:
    """Results in order. A single item, or a single worker, is worked on in this process.

    Args:
        work: picklable, as are items and results.
        workers: processes; None is one for each core.

    Raises:
        MalmoiError: a worker was killed, usually for want of memory.
    """
    stream = iter(items)
    first = list(islice(stream, 2))
    count = workers or len(os.sched_getaffinity(0))
    if len(first) < 2 or count == 1:
        yield from map(work, chain(first, stream))
        return
    # Spawned, not forked: Arrow's and Numba's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in chain(first, stream):
                waiting.append(pool.submit(work, item))
                if len(waiting) >= _HELD * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise MalmoiError("a worker process was killed; give fewer --workers, or more memory") from error
        finally:
            for future in waiting:
                future.cancel()
