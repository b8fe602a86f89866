"""Files under a local directory or a URI (s3://, gs://, hdfs://), through pyarrow.fs, so that any worker can read them.

A local tree is walked by hand: a link that leaves the root, a file without read permission, a device, a name that is
not UTF-8 each become an item with an empty digest, which later counts as one broken item. Nothing is left out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

import pyarrow as pa
from blake3 import blake3
from pyarrow import fs

from connectors.base import Item
from connectors.globs import chooser
from connectors.spec import SourceSpec
from governance.records.errors import BrokenError, ConfigError, ErrorCode

_BLOCK_BYTES = 1 << 20


def _place(spec: SourceSpec) -> tuple[fs.FileSystem, str]:
    """The file system of a path or URI, and the path on it, links in it followed when it is local.

    Raises:
        ConfigError: the URI is of no storage that pyarrow.fs reaches; it is not repeated, it may hold a key.
    """
    if "://" not in spec.path:
        return fs.LocalFileSystem(), os.path.realpath(spec.path)
    try:
        files, root = fs.FileSystem.from_uri(spec.path)
    except (pa.ArrowInvalid, OSError) as error:
        scheme = spec.path.partition("://")[0]
        raise ConfigError(
            f"source {spec.name}: pyarrow.fs cannot reach this {scheme}:// address; correct it"
        ) from error
    return files, os.path.realpath(root) if isinstance(files, fs.LocalFileSystem) else root


class FilesConnector:
    """Items are the files below `path` that `include` and `exclude` choose; a `path` that is a file is one item."""

    def __init__(self, spec: SourceSpec) -> None:
        self._source = spec.name
        self._chosen = chooser(spec.include, spec.exclude)
        self._files, self._root = _place(spec)
        self.is_local = isinstance(self._files, fs.LocalFileSystem)
        self._only = ""  # the one item, when the path is a file
        if self._files.get_file_info(self._root).type == fs.FileType.File:
            self._root, _, self._only = self._root.rpartition("/")

    def check(self) -> list[str]:
        """Says when there is nothing at the path, or it may not be listed."""
        info = self._files.get_file_info(self._root)
        if info.type != fs.FileType.Directory:
            return [f"source {self._source}: no directory or file at {self._root}; correct its path"]
        if self.is_local and not os.access(self._root, os.R_OK | os.X_OK):
            return [f"source {self._source}: no permission to list {self._root}"]
        return []

    def list(self) -> Iterator[Item]:
        """Every chosen file, its digest computed by reading it once.

        Raises:
            ConfigError: what `check` finds.
        """
        if problems := self.check():
            raise ConfigError(problems)
        for name in self._names():
            yield self._item(name)

    def open(self, name: str) -> BinaryIO:
        """A seekable stream of the item's bytes."""
        where = f"{self._source}/{name}"
        if any(step in ("", ".", "..") for step in name.split("/")):
            raise BrokenError(ErrorCode.UNREADABLE, f"{where} (a name that leaves the source's root)")
        try:
            if self.is_local:
                self._require_inside(name, where)
            return cast(BinaryIO, self._files.open_input_file(f"{self._root}/{name}"))
        except FileNotFoundError as error:
            raise BrokenError(ErrorCode.VANISHED, where) from error
        except (OSError, UnicodeEncodeError) as error:
            raise BrokenError(ErrorCode.UNREADABLE, where) from error

    def _require_inside(self, name: str, where: str) -> None:
        path = self._root.rstrip("/")
        mode = 0
        for step in name.split("/"):
            path = f"{path}/{step}"
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                mode = self._follow(f"{self._root}/{name}", where)
                break
        if not stat.S_ISREG(mode):
            raise BrokenError(ErrorCode.UNREADABLE, f"{where} (no regular file)")

    def _follow(self, path: str, where: str) -> int:
        """Mode of the file that a path with links in it leads to."""
        real = os.path.realpath(path, strict=True)
        if not real.startswith(self._root.rstrip("/") + "/"):
            raise BrokenError(ErrorCode.UNREADABLE, f"{where} (a link that leaves the source's root)")
        return Path(real).stat().st_mode

    def _names(self) -> Iterator[str]:
        if self._only:
            yield self._only
            return
        for name in self._walk_local() if self.is_local else self._walk_remote():
            if self._chosen(name):
                yield name

    def _walk_local(self) -> Iterator[str]:
        pending = [""]
        while pending:
            below = pending.pop()
            try:
                entries = sorted(os.scandir(f"{self._root}/{below}"), key=lambda entry: entry.name)
            except PermissionError:
                yield below.rstrip("/")  # the directory itself: what it holds is unknown
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{below}{entry.name}/")
                else:
                    yield below + entry.name

    def _walk_remote(self) -> Iterator[str]:
        prefix = self._root.rstrip("/") + "/"
        for info in self._files.get_file_info(fs.FileSelector(self._root, recursive=True)):
            if info.type == fs.FileType.File:
                yield str(PurePosixPath(info.path)).removeprefix(prefix)

    def _item(self, name: str) -> Item:
        try:
            with self.open(name) as stream:
                info = self._files.get_file_info(f"{self._root}/{name}")
                hasher, size = blake3(), 0
                while block := stream.read(_BLOCK_BYTES):
                    hasher.update(block)
                    size += len(block)
        except (BrokenError, OSError):
            return Item(os.fsencode(name).decode("utf-8", "backslashreplace"), 0, "", 0)
        return Item(name, size, hasher.hexdigest(), (info.mtime_ns or 0) // 1_000_000_000)
