import os
import shutil

import pytest

from governance.records.errors import BusyError
from governance.records.storage import exclusive
from pipelines.collecting import collect_garbage, garbage
from pipelines.home import Home
from pipelines.locks import corpus_lock
from pipelines.stages.protect import protect_name
from pipelines.zones import zones


def test_a_clean_home_has_none(released: Home) -> None:
    assert collect_garbage(released, dry_run=False) == {"files": [], "bytes": 0}


def test_only_what_no_version_names_is_garbage(released: Home) -> None:
    root = released.corpus("test")
    stray = root / "shards" / "letters" / "kogl-1" / "stray.parquet"
    stray.write_bytes(b"12345")
    (root / "releases" / "half").mkdir()
    (root / "releases" / "half" / "books.json").write_bytes(b"123")
    found = collect_garbage(released, dry_run=True)
    assert found == {
        "files": ["governed/test/releases/half", "governed/test/shards/letters/kogl-1/stray.parquet"],
        "bytes": 8,
    }
    assert stray.exists()
    assert collect_garbage(released, dry_run=False) == found
    assert not stray.exists() and not (root / "releases" / "half").exists() and list(garbage(released)) == []


def test_of_a_corpus_that_was_never_committed_everything_is_garbage(released: Home) -> None:
    shutil.rmtree(released.corpus("test") / "_delta_log")
    files = collect_garbage(released, dry_run=False)["files"]
    assert any(name.endswith(".parquet") for name in files) and any("/releases/" in name for name in files)
    assert not list(released.corpus("test").rglob("*.parquet"))


def test_the_receipt_of_a_shard_goes_with_it(released: Home) -> None:
    shutil.rmtree(released.corpus("test") / "_delta_log")
    work = next(zone for zone in zones(released) if not zone.source)
    receipts = released.zone(work.name) / "protect"
    assert len(list(receipts.glob("*.json"))) > 1
    shard = next(released.corpus("test").glob("shards/letters/**/*.parquet"))
    kept = receipts / f"{protect_name(shard.relative_to(released.corpus('test')).as_posix())}.json"
    assert kept.exists()
    collect_garbage(released, dry_run=False)
    assert not list(receipts.glob("*.json"))


def test_leftovers_of_dead_processes_go_and_those_of_living_ones_stay(released: Home) -> None:
    dead, alive = (released.state / f".file.{pid}.tmp" for pid in (2**22 - 3, os.getpid()))
    for path in (dead, alive):
        path.write_bytes(b"")
    collect_garbage(released, dry_run=True)
    assert dead.exists()
    collect_garbage(released, dry_run=False)
    assert not dead.exists() and alive.exists()


def test_it_waits_for_no_run(released: Home) -> None:
    with exclusive(corpus_lock(released, "test"), "corpus test"), pytest.raises(BusyError):
        collect_garbage(released, dry_run=True)
