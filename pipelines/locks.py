"""Locks: what changes a whole installation waits for no run; it refuses while one works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from governance.records.storage import exclusive, matching
from pipelines.home import Home


def corpus_lock(home: Home, corpus: str) -> Path:
    """The file that a run on a corpus holds."""
    return home.state / "locks" / f"{corpus}.lock"


@contextmanager
def no_run(home: Home) -> Iterator[None]:
    """Holds every corpus for the block, those of runs that never committed included.

    Raises:
        BusyError: a run works on one of them.
    """
    names = {path.stem for path in corpus_lock(home, "").parent.glob("*.lock")}
    names |= {path.name for path in matching(home.governed, "*")}
    with ExitStack() as stack:
        for name in sorted(names):
            stack.enter_context(exclusive(corpus_lock(home, name), f"corpus {name}"))
        yield
