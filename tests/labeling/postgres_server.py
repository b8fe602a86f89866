"""A PostgreSQL server for the tests: in a temporary directory, reached by a socket file, ended with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=80")


def find_binaries() -> Path | None:
    """Directory of initdb and postgres, from PATH or where Debian puts them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


def why_absent() -> str | None:
    """Why the tests cannot start a server, or None when they can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed, so PostgreSQL was not tested"
    if find_binaries() is None:
        return "no PostgreSQL server is installed (initdb), so PostgreSQL was not tested"
    if os.geteuid() == 0 and not _account():
        return "PostgreSQL does not run as root and there is no account postgres or nobody"
    return None


def _account() -> dict[str, Any]:
    """Arguments that run a process as somebody else than root; PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    return {}


@contextmanager
def postgres_server() -> Iterator[str]:
    """Starts a server; gives its connection string."""
    binaries, account = find_binaries(), _account()
    assert binaries is not None
    # Not pytest's directory: the path of a socket may be no longer than 107 bytes, and the account must reach it.
    directory = Path(tempfile.mkdtemp(prefix="malmoi-pg-", dir="/tmp"))
    try:
        if account:
            os.chown(directory, account["user"], account["group"])
        run = {
            "cwd": directory,
            "stdout": subprocess.DEVNULL,
            "check": True,
            "env": {"LC_ALL": "C", "PATH": "/usr/bin"},
        }
        data = str(directory / "data")
        init = [binaries / "initdb", "--auth=trust", "--username=malmoi", "--encoding=UTF8", "--no-sync", "-D", data]
        subprocess.run(init, **run, **account)
        options = " ".join(f"-c {one}" for one in (*QUICK, "listen_addresses=", f"unix_socket_directories={directory}"))
        control = [binaries / "pg_ctl", "-D", data, "-w", "-l", str(directory / "log")]
        subprocess.run([*control, "-o", options, "start"], **run, **account)
        try:
            yield f"host={directory} user=malmoi dbname=postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run, **account)
    finally:
        shutil.rmtree(directory)
