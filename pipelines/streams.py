"""Files given to a command, read as streams: unpacked on the way, and a damaged one told apart by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from governance.records.errors import MalmoiError


def open_stream(path: Path, *, packed: bool) -> Any:
    """A readable stream of the unpacked bytes; a plain file's can be sought in.

    Raises:
        MalmoiError: it cannot be read.
    """
    try:
        return pa.input_stream(str(path), compression="detect" if packed else None)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path) from error


def read_some(stream: BinaryIO, path: Path, size: int) -> bytes:
    """Up to `size` bytes.

    Raises:
        MalmoiError: the file is cut off or damaged.
    """
    try:
        return stream.read(size)
    except (pa.ArrowException, OSError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> MalmoiError:
    """What is said of a file that cannot be read to its end."""
    return MalmoiError(f"{path}: cannot be read, it is cut off or damaged; fetch it again or leave it out")
