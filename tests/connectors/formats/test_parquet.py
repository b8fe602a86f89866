import io
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.formats.contract import TO_END, Limits, Split
from governance.records.errors import BrokenError
from tests.connectors.reading import read_bytes, source

SPEC = source(format="parquet", fields={"native_id": "id", "text": "body"})


def parquet(table, **keys):
    sink = io.BytesIO()
    pq.write_table(table, sink, **keys)
    return sink.getvalue()


def numbered(rows, **keys):
    table = pa.table({"id": list(range(rows)), "body": [f"문서 {n} " + "가" * n for n in range(rows)], "x": [0] * rows})
    return parquet(table, row_group_size=7, **keys)


def test_columns_become_raw_and_rows_know_their_row_group():
    data = numbered(20)
    found = read_bytes(data, SPEC)
    assert [d["native_id"] for d in found.documents] == [str(n) for n in range(20)]
    assert [d["locator"] for d in found.documents] == [f"#{n}" for n in range(20)]
    assert found.texts[3] == "문서 3 가가가"
    assert len({(d["offset"], d["length"]) for d in found.documents}) == 3
    assert all(d["offset"] > 0 and d["offset"] + d["length"] < len(data) for d in found.documents)


@pytest.mark.parametrize("step", [1, 50, 333, 4096])
@pytest.mark.parametrize("limits", [Limits(1), Limits(3), Limits(1000, batch_bytes=20)])
def test_documents_are_the_same_for_any_split_and_batch(step, limits):
    data = numbered(30)
    whole = read_bytes(data, SPEC)
    splits = [Split(s, s + step if s + step < len(data) else TO_END) for s in range(0, len(data), step)]
    parts = [read_bytes(data, SPEC, split=split, limits=limits) for split in splits[-40:] + splits[:40] if split]
    found = {d["locator"]: d for part in parts for d in part.documents}
    assert all(whole.documents[int(locator[1:])] == document for locator, document in found.items())
    if len(splits) <= 40:
        assert [d for part in parts[len(splits) :] or parts for d in part.documents] == whole.documents
    assert all(batch.num_rows <= limits.batch_rows for part in parts for batch in part.batches)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_every_string_type_is_read(kind):
    data = parquet(pa.table({"body": pa.array(["가", "나", "가"], pa.string()).cast(kind)}))
    assert read_bytes(data, SPEC).texts == ["가", "나", "가"]


def test_null_empty_and_long_texts_are_broken_documents():
    data = parquet(pa.table({"body": ["가", None, "", "나" * 20, "다"]}))
    found = read_bytes(data, SPEC, limits=Limits(max_record_bytes=30))
    assert found.texts == ["가", "다"]
    assert [(b.code, b.locator) for b in found.broken] == [
        ("null_text", "#1"), ("empty_text", "#2"), ("record_too_large", "#3"),
    ]  # fmt: skip


def test_bytes_that_are_no_utf_8_are_broken_documents():
    bad = pa.array([b"good", b"\xff\xfe", b"fine"], pa.binary()).view(pa.string())
    found = read_bytes(parquet(pa.table({"body": bad})), SPEC)
    assert found.texts == ["good", "fine"]
    assert [(b.code, b.locator) for b in found.broken] == [("bad_encoding", "#1")]


def test_texts_of_several_columns_are_joined():
    data = parquet(pa.table({"q": ["질문", "혼자", None, ""], "a": ["답", None, None, "답만"]}))
    found = read_bytes(data, source(format="parquet", fields={"text": ["q", "a"]}, separator=" / "))
    assert found.texts == ["질문 / 답", "혼자", "답만"]
    assert found.codes == ["null_text"]


def test_nested_and_timed_columns_are_read():
    table = pa.table(
        {
            "body": ["가"],
            "who": [["갑", "을"]],
            "on": pa.array([1_600_000_000], pa.timestamp("s", tz="UTC")),
            "meta": [{"title": "제목"}],
        }
    )
    fields = {"text": "body", "author": "who", "published_at": "on", "title": "meta.title"}
    (document,) = read_bytes(parquet(table), source(format="parquet", fields=fields)).documents
    assert (document["author"], document["title"]) == ("갑, 을", "제목")
    assert document["published_at"].timestamp() == 1_600_000_000


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([18_000], pa.date32()), "2019-04-14T00:00:00+00:00"),
        (pa.array([1_555_200_000_000_000_001], pa.timestamp("ns")), "2019-04-13T15:00:00+00:00"),
        (pa.array(["20190414"]), "2019-04-14T00:00:00+00:00"),
        (pa.array([20190414]), "2019-04-14T00:00:00+00:00"),
        (pa.array([3], pa.time32("s")), None),
        (pa.array([None], pa.timestamp("us")), None),
    ],
)
def test_a_time_of_any_type_is_read(values, expected):
    spec = source(format="parquet", fields={"text": "body", "published_at": "on"})
    (document,) = read_bytes(parquet(pa.table({"body": ["가"], "on": values})), spec).documents
    assert document["published_at"] == (expected and datetime.fromisoformat(expected))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([7]), "7"),
        (pa.array([1.5]), "1.5"),
        (pa.array([True]), "true"),
        (pa.array([""]), None),
        (pa.array([b"ab"]), "ab"),
        (pa.array([b"a\xff"]).view(pa.string()), "a\ufffd"),
        (pa.array([{"a": 1}]), '{"a": 1}'),
        (pa.array([None], pa.null()), None),
    ],
)
def test_a_title_of_any_type_is_a_string_or_nothing(values, expected):
    spec = source(format="parquet", fields={"text": "body", "title": "title"})
    (document,) = read_bytes(parquet(pa.table({"body": ["가"], "title": values})), spec).documents
    assert document["title"] == expected


def test_a_text_column_of_numbers_breaks_the_item():
    with pytest.raises(BrokenError) as error:
        read_bytes(parquet(pa.table({"body": [1]})), SPEC)
    assert error.value.code == "bad_record"


@pytest.mark.parametrize(
    ("what", "cut", "code"),
    [
        ("the footer is gone", lambda data: data[:-100], "truncated"),
        ("only the magic is left", lambda data: data[:4], "truncated"),
        ("no Parquet at all", lambda data: b"abc" + data[4:-4], "corrupt"),
        ("the footer is garbage", lambda data: data[:-60] + b"\x00" * 52 + data[-8:], "truncated"),
    ],
)
def test_a_file_without_a_footer_breaks_the_item(what, cut, code):
    with pytest.raises(BrokenError) as error:
        read_bytes(cut(numbered(20)), SPEC)
    assert error.value.code == code


def test_a_damaged_row_group_breaks_its_documents_and_no_others():
    data = bytearray(numbered(20, use_dictionary=False, write_statistics=False))
    spans = sorted({(d["offset"], d["length"]) for d in read_bytes(bytes(data), SPEC).documents})
    offset, length = spans[1]
    data[offset : offset + length] = b"\xff" * length
    found = read_bytes(bytes(data), SPEC)
    assert [d["locator"] for d in found.documents] == [f"#{n}" for n in (*range(7), *range(14, 20))]
    assert [(b.unit, b.code, b.locator, b.offset) for b in found.broken] == [
        ("document", "corrupt", f"#{n}", offset) for n in range(7, 14)
    ]


def test_a_file_without_the_text_column_breaks_the_item():
    with pytest.raises(BrokenError) as error:
        read_bytes(parquet(pa.table({"text": ["가"]})), SPEC)
    assert error.value.code == "missing_field"


def test_text_is_handed_on_without_a_copy():
    data = parquet(pa.table({"body": pa.array(["가" * 1000] * 100, pa.large_string())}), use_dictionary=False)
    before = pa.total_allocated_bytes()
    found = read_bytes(data, SPEC)
    assert pa.total_allocated_bytes() - before < 1.5 * 3000 * 100
    assert len(found.documents) == 100


def test_no_rows_are_no_documents():
    assert read_bytes(parquet(pa.table({"body": pa.array([], pa.string())})), SPEC).documents == []
