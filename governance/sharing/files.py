"""File bytes: one range, sent in chunks, authorised again while they flow."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from governance.records.errors import ConfigError, RefusedError
from governance.records.storage import Location, ranges

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True)
class ByteRange:
    """Half-open bytes of a file."""

    start: int
    end: int


class RangeError(ConfigError):
    """A range that lies outside the file."""

    def __init__(self, size: int) -> None:
        super().__init__(f"range outside the file of {size} bytes")
        self.size = size


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The range asked for, cut to the file; None for the whole file (no range, a malformed one, or several).

    Raises:
        RangeError: it lies outside the file.

    Source: RFC 9110, section 14.
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise RangeError(size)
    return ByteRange(start, end)


@dataclass(frozen=True)
class Flow:
    """How bytes are sent. `still_allowed` raises RefusedError once the reader may not read on."""

    chunk_bytes: int
    recheck_bytes: int
    still_allowed: Callable[[], object]


class ShardResponse(Response):
    """A file or a range of it. The connection is cut in the middle when the reader loses the right to it."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self, path: Location, size: int, etag: str, span: ByteRange | None, flow: Flow) -> None:
        self._path, self._flow = path, flow
        self._span = span or ByteRange(0, size)
        headers = {"accept-ranges": "bytes", "etag": f'"{etag}"', "cache-control": "private, no-store"}
        headers["content-length"] = str(self._span.end - self._span.start)
        if span is not None:
            headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{size}"
        super().__init__(None, 200 if span is None else 206, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Sends the headers and, but for HEAD, the bytes."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        with ranges(self._path, self._span.end) as read:
            await self._send_bytes(read, send)

    async def _send_bytes(self, read: Callable[[int, int], bytes], send: Send) -> None:
        position, unchecked = self._span.start, 0
        while position < self._span.end:
            if unchecked >= self._flow.recheck_bytes:
                if not await to_thread.run_sync(self._may_go_on):
                    return
                unchecked = 0
            length = min(self._flow.chunk_bytes, self._span.end - position)
            data = await to_thread.run_sync(read, length, position)
            if not data:
                return
            position, unchecked = position + len(data), unchecked + len(data)
            await send({"type": "http.response.body", "body": data, "more_body": position < self._span.end})

    def _may_go_on(self) -> bool:
        try:
            self._flow.still_allowed()
        except RefusedError:
            # Headers are out, so there is no status left to send; the cut tells the client that bytes are missing.
            return False
        return True
