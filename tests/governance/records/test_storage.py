"""Files that appear whole or not at all: the same of a disk and of an object store."""

from __future__ import annotations

import ast
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.records.errors import BusyError, ConfigError
from governance.records.storage import (
    Location,
    atomic_path,
    below,
    create_bytes,
    exclusive,
    files_below,
    location,
    matching,
    ranges,
    readable,
    remove_tree,
    sweep_temporaries,
    write_bytes,
)

NAMES = ["a-b/1.json", "a/1.json", "a/b/2.parquet", "a/b/c/3.parquet", "말뭉치 가/글=1.json"]


@pytest.fixture(params=["disk", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """An empty directory of either kind."""
    return tmp_path / "zones" if request.param == "disk" else location(request.getfixturevalue("store_url"))


@pytest.fixture
def filled(place: Location) -> Location:
    for name in NAMES:
        write_bytes(place / name, name.encode())
    return place


def test_what_is_written_is_read(place: Location) -> None:
    write_bytes(place / "a" / "b", b"one")
    write_bytes(place / "a" / "b", b"two, over it")
    assert (place / "a/b").read_bytes() == b"two, over it" and (place / "a/b").stat().st_size == 12
    assert (place / "a/b").read_text(encoding="utf-8") == "two, over it"
    assert (place / "a/b").stat().st_mtime_ns > 1_700_000_000_000_000_000


def test_what_is_not_there_is_a_file_not_found(place: Location) -> None:
    missing = place / "a" / "b"
    for ask in (missing.read_bytes, missing.stat, missing.unlink, lambda: missing.open("rb")):
        with pytest.raises(FileNotFoundError):
            ask()
    missing.unlink(missing_ok=True)
    assert not missing.exists() and not missing.is_file() and not missing.is_dir()


def test_a_directory_is_there_while_something_lies_in_it(filled: Location) -> None:
    assert (filled / "a").is_dir() and not (filled / "a").is_file() and not (filled / "a/1.json").is_dir()
    assert not (filled / "a-").is_dir()
    remove_tree(filled / "a")
    assert not (filled / "a").is_dir() and (filled / "a-b/1.json").is_file()
    remove_tree(filled / "a")


def test_every_file_below_is_listed_by_its_path(filled: Location) -> None:
    assert files_below(filled) == sorted(NAMES)
    assert files_below(filled / "a") == ["1.json", "b/2.parquet", "b/c/3.parquet"]
    assert files_below(filled / "none") == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["a", "a-b", "말뭉치 가"]),
        ("*/1.json", ["a/1.json", "a-b/1.json"]),
        ("a/1.json", ["a/1.json"]),
        ("a/2.json", []),
        ("a/*", ["a/1.json", "a/b"]),
        ("*/b", ["a/b"]),
        ("a/**/*.parquet", ["a/b/2.parquet", "a/b/c/3.parquet"]),
        ("말*/글*.json", ["말뭉치 가/글=1.json"]),
        ("none/*", []),
    ],
)
def test_patterns_match_the_same_in_the_same_order(filled: Location, pattern: str, found: list[str]) -> None:
    assert [below(path, filled) for path in matching(filled, pattern)] == found


def test_a_path_that_lies_elsewhere_is_not_below(place: Location) -> None:
    with pytest.raises(ValueError, match="does not lie"):
        below(place / "ab", place / "a")


def test_a_name_is_taken_once(place: Location) -> None:
    create_bytes(place / "log" / "0.json", b"first")
    with pytest.raises(FileExistsError):
        create_bytes(place / "log" / "0.json", b"second")
    assert (place / "log/0.json").read_bytes() == b"first" and files_below(place) == ["log/0.json"]


def test_of_many_at_once_one_takes_the_name(place: Location) -> None:
    won: list[int] = []

    def take(number: int) -> None:
        try:
            create_bytes(place / "0.json", str(number).encode())
        except FileExistsError:
            return
        won.append(number)

    threads = [threading.Thread(target=take, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(n).encode() for n in won] == [(place / "0.json").read_bytes()]


def _temporaries(place: Location) -> list[Path]:
    staging = Path(tempfile.gettempdir()) / f"malmoi-{os.getuid()}"
    return [*(place.rglob("*.tmp") if isinstance(place, Path) else staging.glob(".*.tmp"))]


def test_a_writer_that_fails_leaves_nothing(place: Location) -> None:
    write_bytes(place / "kept", b"as it was")
    with pytest.raises(RuntimeError), atomic_path(place / "kept") as temporary:
        temporary.write_bytes(b"half of")
        raise RuntimeError
    assert (place / "kept").read_bytes() == b"as it was" and not _temporaries(place)


def test_nothing_is_visible_before_the_end(place: Location) -> None:
    with atomic_path(place / "late") as temporary:
        temporary.write_bytes(b"whole")
        assert not (place / "late").exists()
    assert (place / "late").read_bytes() == b"whole" and not _temporaries(place)


def test_two_targets_of_one_name_are_written_at_once(place: Location) -> None:
    with atomic_path(place / "a" / "part") as first, atomic_path(place / "b" / "part") as second:
        first.write_bytes(b"a")
        second.write_bytes(b"b")
    assert [(place / name / "part").read_bytes() for name in "ab"] == [b"a", b"b"]


@pytest.mark.parametrize("rows", [10, 400_000])
def test_parquet_is_read_by_the_ranges_it_needs(place: Location, rows: int) -> None:
    table = pa.table({"number": range(rows), "text": [f"{n * 7919 % 100_003}" for n in range(rows)]})
    with atomic_path(place / "t.parquet") as temporary:
        pq.write_table(table, temporary, row_group_size=50_000, compression="none", use_dictionary=False)
    assert pq.read_table(readable(place / "t.parquet")).equals(table)
    file = pq.ParquetFile(readable(place / "t.parquet"))
    last = file.read_row_group(file.num_row_groups - 1, columns=["number"])
    assert last["number"][-1].as_py() == rows - 1


@pytest.mark.parametrize("size", [0, 5, 3 << 20])
def test_a_file_is_read_at_any_position(place: Location, size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    write_bytes(place / "f", data)
    with (place / "f").open("rb") as file:
        assert file.read() == data and file.read(1) == b""
        assert file.seek(-3, 2) == max(size - 3, 0) if size >= 3 else file.seek(0) == 0
        assert file.read(100) == data[-3:]
    with ranges(place / "f", size) as read:
        assert b"".join(read(100_000, at) for at in range(0, size, 100_000)) == data
        assert read(10, max(size - 4, 0)) == data[-4:] and read(10, size) == b""
        assert read(2, 1) == data[1:3]


def test_a_reader_ahead_stops_at_its_end(place: Location) -> None:
    write_bytes(place / "f", b"0123456789")
    with ranges(place / "f", 4) as read:
        assert read(2, 2) == b"23"


def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    dead, alive = tmp_path / "zone" / ".f.1.4194303.tmp", tmp_path / f".f.1.{os.getpid()}.tmp"
    for path in (dead, alive):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert sweep_temporaries(tmp_path) == 1 and alive.exists() and not dead.exists()


# Modules whose Parquet files are never in a zone: the installation's state, and files that a user names.
LOCAL = ("governance/erasure.py", "pipelines/identities.py", "pipelines/dedup/", "pipelines/pii/blocks.py")
OPENERS = {"read_table", "read_metadata", "read_schema", "ParquetFile", "read_parquet", "scan_parquet"}


def _unreadable(tree: ast.AST) -> Iterator[int]:
    """Lines where a Parquet reader is given something else than `readable(...)`."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in OPENERS:
            given = call.args[0] if call.args else None
            if not (isinstance(given, ast.Call) and isinstance(given.func, ast.Name) and given.func.id == "readable"):
                yield call.lineno


def test_every_parquet_file_of_a_zone_is_opened_through_readable() -> None:
    root = Path(__file__).resolve().parents[3]
    found = []
    for path in [*root.glob("pipelines/**/*.py"), *root.glob("governance/**/*.py")]:
        name = path.relative_to(root).as_posix()
        if not name.startswith(LOCAL):
            found += [f"{name}:{line}" for line in _unreadable(ast.parse(path.read_bytes()))]
    assert found == []


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "c.lock"
    for _ in range(2):
        with exclusive(path, "corpus c"), pytest.raises(BusyError, match="corpus c"), exclusive(path, "corpus c"):
            pass


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    assert location(f"file://{tmp_path}/a%20b") == tmp_path / "a b" and location(tmp_path) == tmp_path


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "s3://",
        "s3://id:secret-word@bucket/x",
        "gs://secret-word@bucket",
        "s3://bucket/x?key=secret-word",
        "abfs://container:secret-word@account.example.org/x",
    ],
)
def test_a_url_that_is_no_store_or_holds_credentials_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        location(url)
    assert "secret-word" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "bucket", "key"),
    [
        ("s3://bucket", "s3://bucket", ""),
        ("s3://bucket/a//b/", "s3://bucket", "a/b"),
        ("gs://bucket/가", "gs://bucket", "가"),
        ("abfs://box@account.example.org/a", "abfs://box@account.example.org", "a"),
    ],
)
def test_a_url_is_a_bucket_and_a_key(url: str, bucket: str, key: str) -> None:
    found = location(url)
    assert not isinstance(found, Path) and (found.bucket.url, found.key) == (bucket, key)
