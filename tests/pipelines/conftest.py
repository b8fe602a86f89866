"""No deadline for properties, whose examples write and read encrypted files; and one real release to look at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from governance.keys import KeyStore
from pipelines.home import Home
from tests.end_to_end.conftest import World, documents, letter

settings.register_profile("files", deadline=None)
settings.load_profile("files")


@pytest.fixture(scope="session")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A small world with one release, made once; tests read it, or take `released`."""
    world = World(tmp_path_factory.mktemp("released"))
    world.jsonl("letters", [*documents(12), {**documents(1)[0], "id": "copy"}, {"id": "n", "text": None}])
    world.add("texts", {f"{n}.txt": letter(n + 300).encode() for n in range(4)})
    world.settings["publish"] = {"shard_bytes": 6_000}
    world.settings["label"] = [{"project": "quality", "guideline": "읽고", "labels": ["좋음", "나쁨"], "count": 5}]
    world.run()
    return world


@pytest.fixture
def released(released_once: World, tmp_path: Path) -> Home:
    """A copy of that world's installation which a test may change."""
    shutil.copytree(released_once.home.root, tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture
def keys(released: Home) -> KeyStore:
    """Its keys."""
    return KeyStore.open(released.keys)
