"""Settings: an installation's parts found in its directory, keys shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.sharing.settings import SharingSettings, open_store
from governance.store.recipients import Recipient
from tests.governance.sharing.conftest import NOW, Clock, Home


def test_an_installation_serves_from_its_directory(shared: Home) -> None:
    settings = SharingSettings.of_home(shared.root, clock=Clock())
    assert settings.store.recipients.get("team-a").title == "team-a"
    assert settings.corpora == shared.root / "governed"
    assert settings.link_key == SharingSettings.of_home(shared.root, clock=Clock()).link_key
    assert str(settings.link_key) not in repr(settings)
    assert len(settings.link_key) == 32


def test_the_store_may_stand_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALMOI_STORE", str(tmp_path / "elsewhere.sqlite"))
    open_store(tmp_path / "home").recipients.add(Recipient("team", "Team"), at=NOW)
    assert (tmp_path / "elsewhere.sqlite").exists()
    assert not (tmp_path / "home").exists()
