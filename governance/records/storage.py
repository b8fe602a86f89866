"""Files that appear whole or not at all, and the lock that keeps two writers apart.

A writer fills a temporary file beside the target, syncs it, and renames it over the target; a reader therefore
never sees half a file. `crash_point` marks the places where tests kill the process.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.records.errors import BusyError

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


@contextmanager
def atomic_path(target: Path, *, mode: int = 0o644) -> Iterator[Path]:
    """Gives a temporary path beside `target`; on a clean exit it is synced and renamed over `target`.

    The temporary name holds process and thread, so that two attempts at one target never share bytes.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{threading.get_ident()}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        yield temporary
        temporary.chmod(mode)
        crash_point("after-temp-write")
        _sync(temporary)
        crash_point("after-fsync")
        temporary.replace(target)
        crash_point("after-rename")
        _sync(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(target: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Writes a whole file atomically."""
    with atomic_path(target, mode=mode) as temporary:
        temporary.write_bytes(data)


def _sync(path: Path) -> None:
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
