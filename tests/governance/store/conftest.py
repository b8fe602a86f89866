"""The same tests on both databases: SQLite in a file, PostgreSQL in a cluster of the session's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from governance.store.database import connect
from governance.store.sharing import SharingStore
from governance.store.tables import METADATA

DATABASE = "malmoi"


def _as_postgres() -> dict[str, Any]:
    # PostgreSQL refuses to run as root; Debian's package makes an account for it.
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _run(*command: str, cwd: str) -> None:
    subprocess.run(command, check=True, cwd=cwd, capture_output=True, **_as_postgres())


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a database that nobody else uses."""
    missing = [name for name in ("initdb", "pg_ctl", "createdb") if shutil.which(name) is None]
    if missing or find_spec("psycopg") is None:
        pytest.skip(f"PostgreSQL is not installed here: {', '.join(missing) or 'psycopg'}")
    with tempfile.TemporaryDirectory(prefix="malmoi-pg-") as directory:
        if os.geteuid() == 0:
            shutil.chown(directory, "postgres", "postgres")
        data = f"{directory}/data"
        _run("initdb", "-D", data, "-A", "trust", "-U", "malmoi", "-E", "UTF8", "--no-sync", cwd=directory)
        options = f"-c listen_addresses='' -c unix_socket_directories='{directory}' -c fsync=off"
        _run("pg_ctl", "-D", data, "-w", "-l", f"{directory}/log", "-o", options, "start", cwd=directory)
        try:
            _run("createdb", "-h", directory, "-U", "malmoi", DATABASE, cwd=directory)
            yield f"postgresql+psycopg://malmoi@/{DATABASE}?host={directory}"
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "stop", cwd=directory)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a store may stand."""
    if request.param == "sqlite":
        return tmp_path / "state" / "sharing.sqlite"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def store(where: Path | str) -> Iterator[SharingStore]:
    """An empty store."""
    # The session's PostgreSQL is used by one test after another.
    METADATA.drop_all(connect(where))
    opened = SharingStore.open(where)
    yield opened
    opened.close()
