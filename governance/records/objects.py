"""Paths in an object store: the part of `pathlib.Path` that the readers and writers of the zones use.

There are no directories: one "is there" while an object lies below it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from governance.records.object_store import Bucket, Status

# Small objects are fetched whole at once; of large ones, what is asked for.
_WHOLE_BYTES = 1 << 20
_BUFFER_BYTES = 8 << 20


@dataclass(frozen=True)
class ObjectPath:
    """An object, or a directory of objects. `key` has "/" between its parts; "" is the bucket itself."""

    bucket: Bucket
    key: str

    @classmethod
    def of(cls, url: str) -> ObjectPath:
        """The path that a URL names.

        Raises:
            ConfigError: another scheme, no bucket, or credentials in the URL.
        """
        return cls(*Bucket.split(url))

    def __str__(self) -> str:
        return f"{self.bucket.url}/{self.key}"

    def __truediv__(self, below: str) -> ObjectPath:
        return self._at("/".join(part for part in (self.key, *below.split("/")) if part))

    def __lt__(self, other: ObjectPath) -> bool:
        """By their parts, as `pathlib` orders: the order of files decides bytes, and must not depend on the store."""
        return self.parts < other.parts

    def _at(self, key: str) -> ObjectPath:
        return replace(self, key=key)

    @property
    def _prefix(self) -> str | None:
        return f"{self.key}/" if self.key else None

    @property
    def parts(self) -> tuple[str, ...]:
        """Bucket, then every part of the key."""
        return (self.bucket.url, *self.key.split("/")) if self.key else (self.bucket.url,)

    @property
    def name(self) -> str:
        """Last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its last suffix."""
        return Path(self.name).stem

    @property
    def suffix(self) -> str:
        """Last suffix of the name."""
        return Path(self.name).suffix

    @property
    def parent(self) -> ObjectPath:
        """The directory it lies in."""
        return self._at(self.key.rpartition("/")[0])

    def exists(self) -> bool:
        """Whether the object is there; of a directory ask `is_dir`."""
        try:
            self.stat()
        except FileNotFoundError:
            return False
        return True

    def is_file(self) -> bool:
        """Whether the object is there."""
        return self.exists()

    def is_dir(self) -> bool:
        """Whether anything lies below."""
        return self.bucket.any_below(self._prefix)

    def stat(self) -> Status:
        """Size and time of last writing.

        Raises:
            FileNotFoundError: no such object.
        """
        return self.bucket.status(self.key)

    def iterdir(self) -> Iterator[ObjectPath]:
        """Objects and directories directly below."""
        return map(self._at, self.bucket.directly_below(self._prefix))

    def rglob(self, pattern: str) -> Iterator[ObjectPath]:
        """Objects at any depth whose name matches."""
        found = map(self._at, self.bucket.all_below(self._prefix))
        return (path for path in found if fnmatchcase(path.name, pattern))

    def glob(self, pattern: str) -> Iterator[ObjectPath]:
        """What is below and matches; `**` stands for any depth, and one part follows it."""
        head, _, rest = pattern.partition("/")
        if head == "**":
            yield from self.rglob(rest)
        elif any(sign in head for sign in "*?["):
            matching = (path for path in self.iterdir() if fnmatchcase(path.name, head))
            yield from (found for path in matching for found in (path.glob(rest) if rest else [path]))
        elif rest:
            yield from (self / head).glob(rest)
        elif (self / head).exists() or (self / head).is_dir():
            yield self / head

    def read_bytes(self) -> bytes:
        """The whole object.

        Raises:
            FileNotFoundError: no such object.
        """
        return self.bucket.read(self.key)

    def read_text(self, encoding: str = "utf-8") -> str:
        """The whole object as text."""
        return self.read_bytes().decode(encoding)

    def open(self, mode: str = "rb") -> io.BufferedReader:
        """The object, read by ranges of some megabytes; it is written through `governance.records.storage` alone."""
        if mode != "rb":
            raise ValueError(f"{self}: opened for {mode}; an object is written whole")
        return io.BufferedReader(ObjectFile(self), _BUFFER_BYTES)

    def unlink(self, missing_ok: bool = False) -> None:
        """Deletes the object.

        Raises:
            FileNotFoundError: no such object, unless `missing_ok`.
        """
        if not missing_ok:
            self.stat()
        self.bucket.delete([self.key])

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Does nothing: a directory is there when an object is."""


class ObjectFile(io.RawIOBase):
    """An object opened for reading at any position; what Parquet readers take.

    Every read is of the object as it was when it was opened: one that is replaced meanwhile fails the next read.
    """

    def __init__(self, path: ObjectPath) -> None:
        super().__init__()
        self._path, self._position = path, 0
        self._status = path.stat()
        self._size = self._status.st_size
        self._whole = self._fetch(0, self._size) if self._size <= _WHOLE_BYTES else None

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves; past the end, reads give nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """As many bytes as asked for; fewer only at the end."""
        left = max(self._size - self._position, 0)
        length = left if size is None or size < 0 else min(size, left)
        start, self._position = self._position, self._position + length
        if self._whole is not None:
            return self._whole[start : start + length]
        return self._fetch(start, length)

    def _fetch(self, start: int, length: int) -> bytes:
        return self._path.bucket.read_range(self._path.key, start, length, self._status.tag) if length else b""

    def readall(self) -> bytes:
        """From here to the end."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer as far as there are bytes; returns how many."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Ahead:
    """Reads an object up to `end` in small pieces, fetching some megabytes ahead; for one reader at a time."""

    def __init__(self, path: ObjectPath, end: int) -> None:
        self._path, self._end = path, end
        self._start, self._held = 0, b""

    def read(self, length: int, position: int) -> bytes:
        """Bytes [position, position + length), fewer at the end."""
        length = max(min(length, self._end - position), 0)
        if length and not self._start <= position <= self._start + len(self._held) - length:
            fetched = min(max(length, _BUFFER_BYTES), self._end - position)
            self._start, self._held = position, self._path.bucket.read_range(self._path.key, position, fetched)
        return self._held[position - self._start :][:length]
