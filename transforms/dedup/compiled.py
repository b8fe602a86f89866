"""Numba kernels that are compiled anew when any source of this package changes.

Numba keeps compiled kernels by the time stamp of their own file. A kernel would so go on running an old version of a
function that it calls from another file, and signatures would silently be those of yesterday's code.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba import njit


def source_stamp(folder: Path) -> str:
    """Digest of every Python source of a folder, by name and content."""
    digest = blake2b(digest_size=16)
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


_STAMP = source_stamp(Path(__file__).parent)


def kernel(function: Callable[..., Any]) -> Any:
    """Compiles on first call without the interpreter lock; kept on disk where a folder for it can be written."""
    try:
        compiled: Any = njit(nogil=True, cache=True)(function)
    except RuntimeError:
        # Numba found no folder it may write, as in a read-only container: compile once a process.
        return njit(nogil=True)(function)
    compiled._cache._cache_file._source_stamp = _STAMP
    return compiled
