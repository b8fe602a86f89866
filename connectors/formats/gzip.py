"""Gzip around any format. A gzip that ends early or fails its checksum is one broken item.

Decision: the stream is decompressed to its end and its checksum compared before the first document is handed on, so
that no document of a truncated file is kept while its later ones are unknown. Up to 32 MiB stay in memory from that
pass; a longer stream is decompressed a second time while it is read, which costs time, not memory.
"""

from __future__ import annotations

import gzip
import io
import zlib
from typing import BinaryIO, cast

from governance.records.errors import BrokenError, ErrorCode

_KEPT_BYTES = 32 << 20
_BLOCK_BYTES = 1 << 20


def unzipped(handle: BinaryIO) -> BinaryIO:
    """A seekable stream of the decompressed bytes, known to be whole.

    Raises:
        BrokenError: TRUNCATED when the stream ends early, CORRUPT when it is no gzip or its checksum is wrong.
    """
    kept = _verify(handle)
    if kept is not None:
        return io.BytesIO(kept)
    handle.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=handle, mode="rb"))


def _verify(handle: BinaryIO) -> bytes | None:
    """Reads to the end; the bytes when they are few enough to keep."""
    kept: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=handle, mode="rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                size += len(block)
                kept = [*kept, block] if size <= _KEPT_BYTES else []
    except EOFError as error:
        raise BrokenError(ErrorCode.TRUNCATED, "gzip ends early") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BrokenError(ErrorCode.CORRUPT, "gzip") from error
    return b"".join(kept) if size <= _KEPT_BYTES else None
