"""The database: two engines, one behaviour; times without a zone are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError

from governance.records.errors import ConfigError
from governance.store.database import connect
from governance.store.recipients import Recipient
from governance.store.sharing import SharingStore


def test_another_kind_of_url_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError) as caught:
        connect("mysql://root:geheim@db/x")
    assert "geheim" not in str(caught.value)


def test_the_embedded_file_is_its_owners_alone(tmp_path: Path) -> None:
    SharingStore.open(tmp_path / "deep" / "s.sqlite").close()
    assert (tmp_path / "deep" / "s.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_time_without_a_zone_is_refused(store: SharingStore) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        store.recipients.add(Recipient("team", "Team"), at=datetime(2026, 11, 24))


def test_two_connections_see_one_store(store: SharingStore, where: Path | str) -> None:
    store.recipients.add(Recipient("team", "팀"), at=datetime(2026, 11, 24, tzinfo=UTC))
    other = SharingStore.open(where)
    assert other.recipients.get("team").title == "팀"
    other.close()
