"""The database behind the store: an embedded SQLite file by default, PostgreSQL by URL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from governance.records.errors import ConfigError
from governance.store.tables import METADATA

BUSY_MILLISECONDS = 10_000


def connect(where: Path | str) -> sa.Engine:
    """An engine with every table made. A path is a SQLite file, readable by its owner only; a URL is PostgreSQL.

    Raises:
        ConfigError: a URL that is neither.
    """
    text = str(where)
    if "://" not in text:
        engine = _embedded(Path(where))
    elif text.startswith("postgresql"):
        engine = sa.create_engine(text, pool_pre_ping=True)
    else:
        raise ConfigError(f"{text.split('://')[0]}: the store is a file, or a postgresql+psycopg:// URL")
    METADATA.create_all(engine)
    return engine


def _embedded(path: Path) -> sa.Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "connect", _tune)
    return engine


def _tune(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # FULL: a revocation that was confirmed survives a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MILLISECONDS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def upsert(engine: sa.Engine, table: sa.Table, row: dict[str, Any]) -> sa.Executable:
    """INSERT … ON CONFLICT on the primary key DO UPDATE; both databases read the same statement."""
    build = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert
    statement: Any = build(table).values(**row)
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: value for name, value in row.items() if name not in keys}
    )
