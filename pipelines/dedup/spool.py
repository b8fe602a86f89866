"""Scratch files without a name: what lies in them is gone when the process is, however it ends."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa


class Spool:
    """Bytes laid aside by several threads; each piece is named by where it begins."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._lock = threading.Lock()
        self.size = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, data: memoryview | bytes) -> int:
        """Writes a piece; returns its first byte."""
        rest = memoryview(data).cast("B")
        with self._lock:
            begin = self.size
            self.size += len(rest)
        at = begin
        while rest:
            written = os.pwrite(self._file.fileno(), rest, at)
            rest, at = rest[written:], at + written
        return begin

    def integers(self, begin: int, out: np.ndarray) -> None:
        """Fills `out` (int64) with what begins there."""
        view = memoryview(out.data).cast("B")
        while view:
            read = os.preadv(self._file.fileno(), [view], begin)
            view, begin = view[read:], begin + read


class Texts:
    """Texts laid aside one behind the other, taken by number through the page cache."""

    def __init__(self, spool: Spool, begins: np.ndarray, sizes: np.ndarray) -> None:
        """`begins` and `sizes` (int64) are bytes of each text in the spool, by the caller's number."""
        self._order = np.argsort(begins, kind="stable")
        self._place = np.empty(len(begins), np.int64)
        self._place[self._order] = np.arange(len(begins))
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[self._order])])
        self._map = mmap.mmap(spool._file.fileno(), spool.size, prot=mmap.PROT_READ) if spool.size else None
        data = pa.py_buffer(self._map if self._map is not None else b"")
        self._whole = pa.LargeStringArray.from_buffers(len(begins), pa.py_buffer(ends), data)

    def take(self, numbers: np.ndarray) -> pa.LargeStringArray:
        """Copies of these texts."""
        taken = self._whole.take(pa.array(self._place[numbers]))
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)  # what was copied need not stay mapped as well
        return taken
