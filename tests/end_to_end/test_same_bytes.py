"""Same plan, same keys, same bytes: whatever the workers, the batches, the order of the listing, or an interruption."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connectors.files import FilesConnector
from pipelines.engine import Engine
from pipelines.home import Home
from tests.end_to_end.conftest import World, documents, identical_set, letter


def _mixed(world: World) -> World:
    """Two sources with duplicates between them, broken records, several items and several shards."""
    near = [{**d, "id": f"near-{n}", "text": d["text"] + " 끝."} for n, d in enumerate(documents(10, 5))]
    world.jsonl("letters", [*documents(60), *near, {"id": "none"}])
    files = {f"{n:02d}.txt": letter(n + (0 if n < 4 else 500)).encode("cp949") for n in range(12)}
    other = {"licence": "CC-BY-SA-4.0", "holder": "시험", "legal_basis": "licence", "evidence": ["x"]}
    world.add("texts", {**files, "empty.txt": b"", "scan.pdf": b"%PDF"}, terms=other, sector="private")
    world.settings["publish"] = {"shard_bytes": 20_000}
    world.settings["prepare"] = {"split_bytes": 8_000}
    world.settings["judge"] = {"bounds": {"chars": {"at_least": 100}}}
    return world


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, str]]:
    """A world and the identical set of its first run."""
    world = _mixed(World(tmp_path_factory.mktemp("same")))
    world.run()
    return world, identical_set(world.home)


def _elsewhere(world: World, directory: Path) -> Home:
    """A new installation with the same keys."""
    home = Home.of(directory / "other")
    home.root.mkdir(parents=True)
    shutil.copytree(world.home.keys, home.keys)
    return home


def test_the_reference_has_something_to_compare(reference: tuple[World, dict[str, str]]) -> None:
    shards = [name for name in reference[1] if name.startswith("shards/")]
    assert len(shards) >= 5 and len({name.split("/")[1] for name in shards}) == 2


@pytest.mark.parametrize("rows", [1, 7, 65536])
def test_batch_rows_change_nothing(reference: tuple[World, dict[str, str]], tmp_path: Path, rows: int) -> None:
    world, expected = reference
    home = _elsewhere(world, tmp_path)
    world.run(home=home, batch_rows=rows)
    assert identical_set(home) == expected


def test_the_order_of_the_listing_changes_nothing(
    reference: tuple[World, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, expected = reference
    listed = FilesConnector.list
    monkeypatch.setattr(FilesConnector, "list", lambda self: reversed(list(listed(self))))
    home = _elsewhere(world, tmp_path)
    world.run(home=home)
    assert identical_set(home) == expected


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_worker_processes_change_nothing(reference: tuple[World, dict[str, str]], tmp_path: Path, workers: int) -> None:
    world, expected = reference
    home = _elsewhere(world, tmp_path)
    world.run(Engine("processes", workers), home=home, batch_rows=1000 if workers > 1 else 7)
    assert identical_set(home) == expected


def test_a_resumed_run_makes_what_a_cold_one_makes(reference: tuple[World, dict[str, str]], tmp_path: Path) -> None:
    world, expected = reference
    home = _elsewhere(world, tmp_path)
    world.run(home=home)
    # As a crash before the commit leaves it: the restricted files are there, half of the receipts and no release.
    shutil.rmtree(home.root / "governed")
    receipts = sorted(home.restricted.rglob("*.json"))
    for receipt in receipts[::2]:
        if receipt.name != "zone.json":
            receipt.unlink()
    for receipt in home.restricted.glob("*/protect/*.json"):
        receipt.unlink()
    world.run(home=home)
    assert identical_set(home) == expected
