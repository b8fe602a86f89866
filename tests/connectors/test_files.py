import os

import pytest
from blake3 import blake3
from pyarrow import fs

from connectors import files
from connectors.files import FilesConnector
from connectors.read import read_item
from governance.records.errors import BrokenError, ConfigError
from tests.connectors.reading import collect, source


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / "가" / "b").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"one")
    (root / "가" / "b" / "c d.txt").write_bytes("둘".encode())
    (root / "가" / "skip.md").write_bytes(b"x")
    (root / "empty.txt").write_bytes(b"")
    return root


def listed(root, **keys):
    return {item.name: item for item in FilesConnector(source(root, **keys)).list()}


def test_items_are_named_from_the_root_and_digested(root):
    os.utime(root / "a.txt", (1_700_000_000.9, 1_700_000_000.9))
    items = listed(root, include=["**/*.txt"])
    assert sorted(items) == ["a.txt", "empty.txt", "가/b/c d.txt"]
    one = items["a.txt"]
    assert (one.size, one.digest, one.modified) == (3, blake3(b"one").hexdigest(), 1_700_000_000)
    assert items["empty.txt"].size == 0


def test_an_item_is_opened_and_can_be_sought(root):
    with FilesConnector(source(root)).open("가/b/c d.txt") as stream:
        assert stream.read() == "둘".encode()
        stream.seek(0)
        assert stream.read(1) == "둘".encode()[:1]


def test_a_path_that_is_a_file_is_one_item(root):
    assert list(listed(root / "a.txt")) == ["a.txt"]
    assert FilesConnector(source(root / "a.txt")).open("a.txt").read() == b"one"


def test_a_uri_is_the_same_place(root):
    plain, uri = FilesConnector(source(root)), FilesConnector(source(root.as_uri()))
    assert sorted(plain.list(), key=lambda i: i.name) == sorted(uri.list(), key=lambda i: i.name)
    assert uri.open("a.txt").read() == b"one"


def test_object_storage_is_listed_and_read_through_pyarrow(monkeypatch):
    bucket = fs._MockFileSystem()
    bucket.create_dir("bucket/root/가")
    for name, data in (("a.txt", "하나"), ("가/b.txt", "둘"), ("가/c.md", "셋")):
        with bucket.open_output_stream(f"bucket/root/{name}") as stream:
            stream.write(data.encode())
    monkeypatch.setattr(files, "_place", lambda spec: (bucket, "bucket/root"))
    spec = source("s3://bucket/root", include=["**/*.txt"])
    connector = FilesConnector(spec)
    items = sorted(connector.list(), key=lambda item: item.name)
    assert [(item.name, item.digest) for item in items] == [
        ("a.txt", blake3("하나".encode()).hexdigest()),
        ("가/b.txt", blake3("둘".encode()).hexdigest()),
    ]
    assert not connector.is_local
    assert [text for item in items for text in collect(read_item(connector, spec, item)).texts] == ["하나", "둘"]
    with pytest.raises(BrokenError) as error:
        connector.open("none.txt")
    assert error.value.code == "vanished"


def test_links_inside_the_root_are_read_and_those_that_leave_it_are_not(root, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "s.txt").write_text("secret")
    (root / "in.txt").symlink_to(root / "a.txt")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "up.txt").symlink_to("../secret.txt")
    (root / "dir").symlink_to(tmp_path / "outside")
    (root / "loop.txt").symlink_to(root / "loop.txt")
    (root / "gone.txt").symlink_to(root / "nothing")
    items = listed(root)
    assert items["in.txt"].digest == items["a.txt"].digest
    unread = {name for name, item in items.items() if not item.digest}
    assert unread == {"out.txt", "up.txt", "dir", "loop.txt", "gone.txt"}
    connector = FilesConnector(source(root))
    unreadable = ["out.txt", "up.txt", "dir/s.txt", "../secret.txt", "/etc/hostname", "./a.txt", "loop.txt"]
    for name, code in [*((name, "unreadable") for name in unreadable), ("gone.txt", "vanished")]:
        with pytest.raises(BrokenError) as error:
            connector.open(name)
        assert error.value.code == code, name


def test_a_root_that_is_a_link_is_followed(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    assert "a.txt" in listed(tmp_path / "link")


def test_what_is_no_regular_file_is_listed_as_unread_and_never_blocks(root):
    os.mkfifo(root / "pipe.txt")
    assert listed(root)["pipe.txt"].digest == ""
    with pytest.raises(BrokenError, match="no regular file"):
        FilesConnector(source(root)).open("pipe.txt")


def test_a_name_that_is_not_utf_8_is_listed_as_unread(root):
    (root / os.fsdecode("가".encode("cp949") + b".txt")).write_bytes(b"x")
    items = listed(root)
    assert items["\\xb0\\xa1.txt"].digest == ""
    with pytest.raises(BrokenError) as error:
        FilesConnector(source(root)).open("\\xb0\\xa1.txt")
    assert error.value.code == "vanished"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_listed_as_unread(root):
    (root / "a.txt").chmod(0)
    (root / "가" / "b").chmod(0)
    try:
        items = listed(root)
    finally:
        (root / "가" / "b").chmod(0o755)
    assert items["a.txt"].digest == ""
    assert items["가/b"].digest == ""


def test_a_directory_that_may_not_be_listed_is_an_item_of_its_own(root, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).rstrip("/").endswith("가/b"):
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    items = listed(root)
    assert sorted(items) == ["a.txt", "empty.txt", "가/b", "가/skip.md"]
    assert items["가/b"].digest == ""


def test_a_file_that_vanishes_says_so(root):
    connector = FilesConnector(source(root))
    (root / "a.txt").unlink()
    with pytest.raises(BrokenError) as error:
        connector.open("a.txt")
    assert error.value.code == "vanished"


def test_a_uri_of_no_storage_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="cannot reach this nothing:// address") as error:
        FilesConnector(source("nothing://bucket/a"))
    assert "bucket" not in str(error.value)


def test_a_missing_root_is_a_problem_found_before_reading(tmp_path):
    (problem,) = FilesConnector(source(tmp_path / "none")).check()
    assert f"no directory or file at {tmp_path / 'none'}" in problem
    with pytest.raises(ConfigError, match="no directory or file"):
        next(FilesConnector(source(tmp_path / "none")).list())
    assert FilesConnector(source(tmp_path)).check() == []
