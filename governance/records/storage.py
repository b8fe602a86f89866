"""Files that appear whole or not at all, on a disk or in an object store, and the lock that keeps two writers apart.

This is the only place that knows how a file becomes visible. On a disk a writer fills a temporary file beside the
target, syncs it, and renames it over the target; in a store the object is there when its PUT ends. A reader therefore
never sees half a file. `crash_point` marks the places where tests kill the process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from governance.records.errors import BusyError, ConfigError
from governance.records.objects import Ahead, ObjectFile, ObjectPath

# A file or directory of a zone, wherever the zones are.
Location = Path | ObjectPath
TEMPORARY_SUFFIX = ".tmp"
_CRASH_VARIABLE = "MALMOI_CRASH_AT"


def crash_point(name: str) -> None:
    """Kills this process here when the environment asks for it (MALMOI_CRASH_AT=name); otherwise does nothing.

    Points: after-temp-write, after-fsync, after-rename, before-delta-commit, after-delta-commit, before-queue-load.
    `MALMOI_CRASH_ONCE` names a file: the first process to create it dies, later ones go on.
    """
    if os.environ.get(_CRASH_VARIABLE) != name:
        return
    once = os.environ.get("MALMOI_CRASH_ONCE")
    if once:
        try:
            os.close(os.open(once, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)


def location(given: str | Path) -> Location:
    """The local path or the object that a path, a `file://` URL or an object store's URL names.

    Raises:
        ConfigError: a URL of another scheme, or one with credentials in it.
    """
    text = str(given)
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    return ObjectPath.of(text) if "://" in text else Path(given)


def atomic_path(target: Location, *, mode: int = 0o644) -> AbstractContextManager[Path]:
    """Gives a temporary local path; on a clean exit the target appears whole: by a rename, or by one PUT.

    The temporary name holds process and thread, so that two attempts at one target never share bytes.
    """
    return _uploaded(target) if isinstance(target, ObjectPath) else _renamed(target, mode)


@contextmanager
def _renamed(target: Path, mode: int) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(_temporary_name(target.name))
    try:
        yield temporary
        temporary.chmod(mode)
        crash_point("after-temp-write")
        sync(temporary)
        crash_point("after-fsync")
        temporary.replace(target)
        crash_point("after-rename")
        sync(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _uploaded(target: ObjectPath) -> Iterator[Path]:
    digest = hashlib.blake2b(str(target).encode(), digest_size=8).hexdigest()
    temporary = _staging() / _temporary_name(digest)
    try:
        yield temporary
        crash_point("after-temp-write")
        target.bucket.put(target.key, temporary)
        crash_point("after-rename")
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_name(name: str) -> str:
    return f".{name}.{threading.get_ident()}.{os.getpid()}{TEMPORARY_SUFFIX}"


@lru_cache(maxsize=1)
def _staging() -> Path:
    """This account's directory of files on their way to a store, rid of what killed writers left there.

    Raises:
        ConfigError: another account made it.
    """
    directory = Path(tempfile.gettempdir()) / f"malmoi-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.lstat().st_uid != os.getuid() or directory.lstat().st_mode & 0o077:
        raise ConfigError(f"{directory}: not this account's alone; set TMPDIR to a directory that is")
    sweep_temporaries(directory)
    return directory


def write_bytes(target: Location, data: bytes, *, mode: int = 0o644) -> None:
    """Writes a whole file atomically."""
    if isinstance(target, ObjectPath):
        crash_point("after-temp-write")
        target.bucket.put(target.key, data)
        crash_point("after-rename")
        return
    with atomic_path(target, mode=mode) as temporary:
        temporary.write_bytes(data)


def create_bytes(target: Location, data: bytes) -> None:
    """Writes a whole file atomically unless it is there: of two writers at most one wins.

    Raises:
        FileExistsError: it is there.
        ConfigError: the object store cannot decide that.
    """
    if isinstance(target, ObjectPath):
        target.bucket.create(target.key, data)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(_temporary_name(target.name))
    temporary.write_bytes(data)
    sync(temporary)
    try:
        # Unlike a rename, a link never takes the place of another file.
        os.link(temporary, target)
        sync(target.parent)
    finally:
        temporary.unlink()


def readable(path: Location) -> Path | ObjectFile:
    """What a Parquet reader opens: the path itself, or an object read by ranges.

    Raises:
        FileNotFoundError: no such object.
    """
    return ObjectFile(path) if isinstance(path, ObjectPath) else path


def matching(directory: Location, pattern: str) -> list[Location]:
    """What lies below a directory and matches a glob pattern, in the order of the paths' parts."""
    return sorted(directory.glob(pattern), key=lambda path: path.parts)


@contextmanager
def ranges(path: Location, end: int) -> Iterator[Callable[[int, int], bytes]]:
    """Gives what reads (length, position) of a file up to `end`, which is not past the file's own."""
    if isinstance(path, ObjectPath):
        yield Ahead(path, end).read
        return
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield lambda length, position: os.pread(handle, length, position)
    finally:
        os.close(handle)


def files_below(directory: Location) -> list[str]:
    """Every file at any depth, by its path from there with "/" between the parts, sorted; none where nothing is."""
    if isinstance(directory, ObjectPath):
        found = directory.rglob("*")
        return sorted(below(path, directory) for path in found)
    return sorted(below(path, directory) for path in directory.rglob("*") if path.is_file())


def below(path: Location, directory: Location) -> str:
    """Path from a directory above it, with "/" between the parts.

    Raises:
        ValueError: it does not lie there.
    """
    start = len(directory.parts)
    if path.parts[:start] != directory.parts:
        raise ValueError(f"{path} does not lie in {directory}")
    return "/".join(path.parts[start:])


def remove_tree(directory: Location) -> None:
    """Deletes everything below, and a local directory itself; one that is not there is no error."""
    if isinstance(directory, ObjectPath):
        directory.bucket.delete([path.key for path in directory.rglob("*")])
    elif directory.exists():
        shutil.rmtree(directory)


def sync(path: Location) -> None:
    """Sees that a file or directory of a disk survives a power cut; an object is durable once it was written."""
    if isinstance(path, ObjectPath):
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_temporaries(root: Path) -> int:
    """Deletes what killed writers left behind below `root`; files of processes still alive stay. Returns how many."""
    dead = [path for path in root.rglob(f".*{TEMPORARY_SUFFIX}") if not _alive(path)]
    for path in dead:
        path.unlink(missing_ok=True)
    return len(dead)


def _alive(temporary: Path) -> bool:
    pid = temporary.name.removesuffix(TEMPORARY_SUFFIX).rsplit(".", 1)[-1]
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Holds an advisory lock on `path` for the block; the system frees it when the process dies.

    Raises:
        BusyError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(f"{what}: another run holds {path.name}; wait for it to end and run again") from error
        yield
    finally:
        os.close(handle)
