import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.base import Item, open_connector
from connectors.formats.contract import Limits, Split
from connectors.formats.registry import splits
from connectors.read import read_item
from tests.connectors.reading import MemoryConnector, collect, read_named, source

AUTO = source(fields={"native_id": "id"})
LINES = "".join(json.dumps({"id": n, "text": f"문서 {n}"}, ensure_ascii=False) + "\n" for n in range(50)).encode()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.jsonl", b"", "empty_item"),
        ("a.txt", b"", "empty_item"),
        ("a.parquet", b"PAR1", "truncated"),
        ("a.json", b"[", "bad_record"),
        ("a.xml", b"<a>", "corrupt"),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0)[:-20], "truncated"),
        ("a.jsonl.gz", LINES, "corrupt"),
        ("a.csv", b"id\n1\n", "missing_field"),
        ("a.txt", b"\xff\xff", "bad_encoding"),
        ("a.txt", "이 문서는 조합형으로 쓰였다.".encode("johab"), "unsupported_encoding"),
        ("a.md", b"---\na: [\n---\n", "bad_record"),
        ("a.hwp", b"\xd0\xcf\x11\xe0", "unsupported_format"),
        ("a.hwp", b"", "unsupported_format"),
        ("a.warc.gz", gzip.compress(b"WARC/1.1", mtime=0), "unsupported_format"),
        ("a.unheard-of", b"x", "unsupported_format"),
    ],
)
def test_what_breaks_an_item_is_one_broken_item_and_no_document(name, data, code):
    found = read_named(name, data, AUTO)
    assert found.documents == []
    assert [(b.unit, b.code) for b in found.broken] == [("item", code)]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json", "a.parquet"])
def test_zero_documents_are_no_error(name):
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), sink)
    data = {"a.jsonl": b"\n\n", "a.csv": b"id,text\n", "a.json": b"[]", "a.parquet": sink.getvalue()}[name]
    found = read_named(name, data, AUTO)
    assert (found.documents, found.broken) == ([], [])


def test_gzip_changes_places_but_no_document():
    plain, zipped = read_named("a.jsonl", LINES, AUTO), read_named("a.jsonl.gz", gzip.compress(LINES), AUTO)
    assert [{**d, "offset": -1, "length": -1} for d in plain.documents] == zipped.documents


def test_a_bad_line_inside_gzip_has_a_locator_and_no_place():
    found = read_named("a.jsonl.gz", gzip.compress(LINES + b"{\n"), AUTO)
    assert [(b.code, b.offset, b.length, b.locator) for b in found.broken] == [("bad_record", -1, -1, f"@{len(LINES)}")]


@pytest.mark.parametrize("size", [1, 100, 1 << 21])
def test_an_item_that_changed_since_the_snapshot_is_not_read(size):
    connector = MemoryConnector({"a.txt": b"a" * size})
    (item,) = connector.list()
    for changed in (b"a" * (size + 1), b"a" * (size - 1) + b"b", b"a" * (size - 1)):
        connector.files["a.txt"] = changed
        found = collect(read_item(connector, AUTO, item))
        assert [(b.unit, b.code) for b in found.broken] == [("item", "changed_since_snapshot")]
        assert found.documents == []


def test_a_large_item_of_remote_storage_is_not_read_twice_for_its_digest():
    connector = MemoryConnector({"a.txt": b"a" * (1 << 21)})
    (item,) = connector.list()
    connector.files["a.txt"] = b"b" * (1 << 21)
    assert collect(read_item(connector, AUTO, item)).codes == ["changed_since_snapshot"]
    connector.is_local = False
    assert collect(read_item(connector, AUTO, item)).texts == ["b" * (1 << 21)]


def test_a_vanished_file_is_told_by_every_split_that_misses_it(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(LINES)
    spec = source(tmp_path)
    connector = open_connector(spec)
    (item,) = connector.list()
    (tmp_path / "a.jsonl").unlink()
    for split in splits(item, spec, 500):
        assert collect(read_item(connector, spec, item, split)).codes == ["vanished"]


def test_what_the_snapshot_could_not_read_stays_broken():
    connector = MemoryConnector({"a.txt": b"now readable"})
    assert collect(read_item(connector, AUTO, Item("a.txt", 0, "", 0))).codes == ["unreadable"]


def test_a_fault_of_the_item_itself_is_told_once_whatever_the_splits():
    data = "이 문서는 조합형으로 쓰였다.\n".encode("johab") * 50
    connector = MemoryConnector({"a.jsonl": data})
    (item,) = connector.list()
    parts = [collect(read_item(connector, AUTO, item, split)) for split in splits(item, AUTO, 100)]
    assert [code for part in parts for code in part.codes] == ["unsupported_encoding"]


@pytest.mark.parametrize("rows", [1, 7, 1000, 65536])
@pytest.mark.parametrize("split_bytes", [1, 64, 1 << 20])
def test_documents_do_not_depend_on_batches_and_splits(rows, split_bytes):
    data = LINES + b'{"id": 1}\n' + LINES
    connector = MemoryConnector({"a.jsonl": data})
    (item,) = connector.list()
    whole = collect(read_item(connector, AUTO, item))
    parts = [
        collect(read_item(connector, AUTO, item, split, batch_rows=rows)) for split in splits(item, AUTO, split_bytes)
    ]
    assert [d for part in parts for d in part.documents] == whole.documents
    assert [b for part in parts for b in part.broken] == whole.broken
    assert len(whole.documents) + len(whole.broken) == 101


class _Failing(io.BytesIO):
    """Storage that fails half way."""

    def read(self, count=-1):
        if self.tell() >= 2 << 20:
            raise OSError("input/output error")
        return super().read(count)


def test_storage_that_fails_half_way_says_from_where_on_the_item_was_not_read():
    data = (b'{"text": "' + b"a" * 1000 + b'"}\n') * 4000
    connector = MemoryConnector({"a.jsonl": data})
    (item,) = connector.list()
    connector.open = lambda name: _Failing(data)
    found = collect(read_item(connector, AUTO, item, Split(0, len(data))))
    (broken,) = found.broken
    assert (broken.unit, broken.code) == ("item", "unreadable")
    assert 0 < len(found.documents) < 4000
    assert broken.offset >= found.documents[-1]["offset"]


def test_what_nobody_foresaw_is_a_bug_and_is_not_swallowed():
    class Buggy(MemoryConnector):
        def open(self, name):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(read_item(Buggy({}), AUTO, Item("a.txt", 1, "x", 0)))


def test_limits_are_obeyed_and_batch_rows_overrides_them():
    short = LINES.index(b"\n")
    found = read_named("a.jsonl", LINES, AUTO, batch_rows=3, limits=Limits(batch_rows=9, max_record_bytes=short))
    assert {batch.num_rows for batch in found.batches} <= {1, 2, 3}
    assert found.codes == ["record_too_large"] * 40
