"""Objects: what is theirs alone. What they share with files of a disk is in test_storage.py."""

from __future__ import annotations

import pickle
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest

from governance.records import object_store, storage
from governance.records.errors import ConfigError, StoreError
from governance.records.object_store import Bucket
from governance.records.objects import ObjectFile, ObjectPath


@pytest.fixture
def base(store_url: str) -> ObjectPath:
    return ObjectPath.of(store_url)


def test_names_and_parents_are_those_of_a_path() -> None:
    path = ObjectPath.of("s3://bucket/a/b.parquet")
    assert (path.name, path.stem, path.suffix, str(path.parent)) == ("b.parquet", "b", ".parquet", "s3://bucket/a")
    assert str(path) == "s3://bucket/a/b.parquet" and path.parts == ("s3://bucket", "a", "b.parquet")
    assert pickle.loads(pickle.dumps(path)) == path


def test_they_are_ordered_by_their_parts_as_paths_are() -> None:
    keys = ["a-b/c", "a/c", "a/b/c", "a/b", "a.b"]
    objects = sorted(ObjectPath.of(f"s3://bucket/{key}") for key in keys)
    assert [path.key for path in objects] == [str(path) for path in sorted(map(Path, keys))]


def test_they_are_opened_for_reading_alone(base: ObjectPath) -> None:
    with pytest.raises(ValueError, match="written whole"):
        (base / "a").open("wb")


def test_a_store_that_decides_is_accepted_again_and_again(base: ObjectPath) -> None:
    for _ in range(3):
        base.bucket.require_conditional(base.key)


def test_a_store_that_writes_over_regardless_is_refused(base: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    put = obstore.put
    monkeypatch.setattr(object_store.obstore, "put", lambda store, key, data, mode=None: put(store, key, data))
    with pytest.raises(ConfigError, match="conditional write"):
        base.bucket.require_conditional(base.key)


def test_a_store_that_knows_no_conditional_write_is_refused(base: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(object_store.obstore, "put", refuse)
    with pytest.raises(ConfigError, match="conditional write"):
        (base / "a").bucket.create("a", b"")


def test_what_a_store_refuses_is_told_without_what_it_was_asked(base: ObjectPath) -> None:
    nowhere = ObjectPath(Bucket("s3://no-such-bucket-here"), "a")
    for ask in (lambda: nowhere.bucket.put("a", b"x"), lambda: list(nowhere.iterdir())):
        with pytest.raises((StoreError, FileNotFoundError)) as told:
            ask()
        assert "EXAMPLE-SECRET" not in str(told.value) and "no-such-bucket-here" in str(told.value)


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_an_object_that_is_replaced_under_its_reader_is_never_read_in_part(base: ObjectPath, size: int) -> None:
    path = base / "a"
    storage.write_bytes(path, b"a" * size)
    file = ObjectFile(path)
    first = file.read(5)
    storage.write_bytes(path, b"b" * size)
    if size > 1 << 20:
        with pytest.raises(StoreError, match="replaced while it was read"):
            file.read()
    else:
        assert first + file.read() == b"a" * size


def test_many_objects_are_listed_and_deleted(base: ObjectPath) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: base.bucket.put(f"{base.key}/many/{number:04d}", b""), range(1100)))
    assert len(storage.files_below(base)) == 1100
    storage.remove_tree(base / "many")
    assert storage.files_below(base) == []


def test_a_staging_directory_of_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    storage._staging.cache_clear()
    staging = storage._staging()
    assert staging.stat().st_mode & 0o777 == 0o700
    staging.chmod(0o755)
    storage._staging.cache_clear()
    with pytest.raises(ConfigError, match="TMPDIR"):
        storage._staging()
    storage._staging.cache_clear()
