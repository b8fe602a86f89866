"""Lines with their exact byte offsets, from any split of an item.

The memory held is one block and at most one record: a line longer than `max_record_bytes` is counted as it passes, and
never put together.
"""

from __future__ import annotations

from bisect import bisect_left
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, compress
from typing import BinaryIO

from connectors.formats.contract import TO_END, Broken, Limits, Split
from connectors.formats.encoding import Encoding, decode, detect, utf_16_without_mark
from connectors.formats.whole import read_all
from governance.records.errors import BrokenError, ErrorCode

BLOCK_BYTES = 1 << 20  # 226 MB/s of JSON Lines against 201 with 4 MiB, 2 cores, petitions
_HEAD_BYTES = 256 << 10
_WIDE = ("utf-16", "utf-32")
_WIDE_MARKS = (BOM_UTF16_LE, BOM_UTF16_BE, BOM_UTF32_BE)  # that of UTF-32 LE begins with that of UTF-16 LE


@dataclass(frozen=True)
class Lines:
    """Lines of one block, in order.

    Attributes:
        texts: bytes without the line end, in `Source.codec`.
        offsets: first byte of each in the item.
        lengths: bytes of each in the item, the line end left out.
    """

    texts: list[bytes]
    offsets: list[int]
    lengths: list[int]


@dataclass
class LineSource:
    """An item read as lines.

    Attributes:
        blank: whether empty lines are handed out too.
        codec: of `Lines.texts`; UTF-8 where the item is UTF-16 or UTF-32, which are held whole to be cut.
    """

    handle: BinaryIO
    declared: str
    split: Split
    limits: Limits
    blank: bool = False
    codec: str = field(init=False)

    def __post_init__(self) -> None:
        self._encoding = line_encoding(self.handle, self.declared)
        self._is_wide = self._encoding.codec.startswith(_WIDE)
        self.codec = "utf-8" if self._is_wide else self._encoding.codec

    def __iter__(self) -> Iterator[Lines | Broken]:
        """Every line whose first byte lies in the split; a line that is too long as a broken document."""
        if self._is_wide:
            return self._wide()
        return self._narrow()

    def _narrow(self) -> Iterator[Lines | Broken]:
        begin = _first_line(self.handle, self._encoding.mark, self.split)
        if begin is not None:
            yield from _Scanner(self.handle, begin, self.split.stop, self.limits.max_record_bytes, self.blank).scan()

    def _wide(self) -> Iterator[Lines | Broken]:
        """The split that begins at 0 reads all, the others nothing: a line end may lie across any byte."""
        if self.split.start > 0:
            return
        self.handle.seek(0)
        codec, mark = self._encoding.codec, self._encoding.mark
        texts = decode(read_all(self.handle, self.limits.max_item_bytes), codec).split("\n")
        starts = list(accumulate((len(f"{text}\n".encode(codec)) for text in texts), initial=mark))
        if not texts[-1]:
            texts.pop()
        lines = [text.removesuffix("\r") for text in texts]
        keep = [self.blank or bool(line) for line in lines]
        lines, starts = list(compress(lines, keep)), list(compress(starts, keep))
        yield Lines([line.encode() for line in lines], starts, [len(line.encode(codec)) for line in lines])


def line_encoding(handle: BinaryIO, declared: str) -> Encoding:
    """Decides the encoding of a file of lines from its first 256 KiB, the same for every split.

    A minority of lines that do not decode does not change the answer: they are broken documents, not a broken file.

    Raises:
        BrokenError: UNSUPPORTED_ENCODING or BAD_ENCODING.
    """
    handle.seek(0)
    head = handle.read(_HEAD_BYTES)
    lines = head if len(head) < _HEAD_BYTES else _whole_lines(head)
    if declared != "auto" or head.startswith(_WIDE_MARKS) or utf_16_without_mark(head):
        return detect(head, declared)
    if _most(lines, "utf-8"):
        return Encoding("utf-8", len(BOM_UTF8) if head.startswith(BOM_UTF8) else 0)
    try:
        return detect(lines)
    except BrokenError as error:
        if error.code == ErrorCode.BAD_ENCODING and _most(lines, "cp949"):
            return Encoding("cp949")
        raise


def _whole_lines(head: bytes) -> bytes:
    """The head without its last, cut line; of one long line, all but a cut character."""
    end = head.rfind(b"\n") + 1
    cut = next((cut for cut in range(4) if _reads(head[: len(head) - cut], "utf-8")), 1)
    return head[:end] if end else head[: len(head) - cut]


def _most(head: bytes, codec: str) -> bool:
    """Whether the codec reads more than half of the lines outside ASCII, of which there is one."""
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    return 2 * sum(_reads(line, codec) for line in lines) > len(lines)


def _reads(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _first_line(handle: BinaryIO, first: int, split: Split) -> int | None:
    """Offset of the first line that begins in the split, the handle standing there; None when none does."""
    if split.start <= first:
        handle.seek(first)
        return first
    position = split.start - 1
    handle.seek(position)
    while split.stop == TO_END or position < split.stop:
        block = handle.read(BLOCK_BYTES)
        if not block:
            return None
        newline = block.find(b"\n")
        if newline >= 0:
            begin = position + newline + 1
            handle.seek(begin)
            return begin if split.holds(begin) else None
        position += len(block)
    return None


class _Scanner:
    """Walks blocks from a line's first byte, holding back what has no line end yet."""

    def __init__(self, handle: BinaryIO, begin: int, stop: int, limit: int, blank: bool) -> None:
        self.handle, self.begin, self.stop, self.limit, self.blank = handle, begin, stop, limit, blank
        self.held: list[bytes] = []
        self.held_bytes = 0

    def scan(self) -> Iterator[Lines | Broken]:
        while self.stop == TO_END or self.begin < self.stop:
            block = self.handle.read(BLOCK_BYTES)
            parts = block.split(b"\n")
            if not block:
                if self.held_bytes:
                    yield from self._complete(parts)
                return
            if len(parts) == 1:
                self._hold(block)
                continue
            tail = parts.pop()
            yield from self._complete(parts)
            self.held, self.held_bytes = [tail], len(tail)

    def _hold(self, block: bytes) -> None:
        self.held_bytes += len(block)
        if self.held_bytes > self.limit:
            self.held.clear()
        else:
            self.held.append(block)

    def _complete(self, parts: list[bytes]) -> Iterator[Lines | Broken]:
        """The lines that end in a block, the first one put together with what was held."""
        length = self.held_bytes + len(parts[0])
        if length > self.limit:
            if self.begin < self.stop or self.stop == TO_END:
                yield self._too_long(self.begin, length)
            self.begin += length + 1
            del parts[0]
        elif self.held_bytes:
            parts[0] = b"".join([*self.held, parts[0]])
            self.held.clear()  # a long line is not held twice while it is parsed
        if parts:
            yield from self._lines(parts)

    def _lines(self, parts: list[bytes]) -> Iterator[Lines | Broken]:
        """The lines that begin before the stop; those over the limit as broken."""
        lengths = list(map(len, parts))
        starts = list(accumulate((length + 1 for length in lengths), initial=self.begin))
        self.begin = starts.pop()
        if self.stop != TO_END and self.begin > self.stop:
            ours = bisect_left(starts, self.stop)
            parts, starts, lengths = parts[:ours], starts[:ours], lengths[:ours]
        texts = [part.removesuffix(b"\r") for part in parts]
        keep = [True] * len(texts) if self.blank else list(map(bool, texts))
        if max(lengths, default=0) > self.limit:
            long = [length > self.limit for length in lengths]
            yield from map(self._too_long, compress(starts, long), compress(lengths, long))
            keep = [kept and not is_long for kept, is_long in zip(keep, long, strict=True)]
        if not all(keep):
            texts, starts = list(compress(texts, keep)), list(compress(starts, keep))
        if texts:
            yield Lines(texts, starts, list(map(len, texts)))

    @staticmethod
    def _too_long(offset: int, length: int) -> Broken:
        return Broken("document", ErrorCode.RECORD_TOO_LARGE, offset, length, f"@{offset}")
