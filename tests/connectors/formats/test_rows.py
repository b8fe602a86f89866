import pyarrow as pa
import pytest

from connectors.formats.contract import Limits
from connectors.formats.rows import Places, as_string, batches, bounded, raw_shape, shape_of
from governance.records.schemas import RAW
from tests.connectors.reading import collect, source


def places(count):
    return Places([f"#{n}" for n in range(count)], list(range(count)), [1] * count)


@pytest.mark.parametrize(
    ("value", "string"),
    [
        ("가", "가"), ("", None), (None, None), (3, "3"), (2.5, "2.5"), (True, "true"), (["가", 1], "가, 1"),
        ([], None),
        ({"b": 1, "a": "가"}, '{"a": "가", "b": 1}'), ([["가"]], '[["가"]]'), ("\ud800", "?"),
    ],
)  # fmt: skip
def test_any_value_becomes_a_string_or_nothing(value, string):
    assert as_string(value) == string
    record = {"text": "본문", "title": value}
    (document,) = collect(batches([record], places(1), raw_shape(["title"]), Limits())).documents
    assert document["title"] == string


def test_a_broken_record_does_not_change_its_neighbours():
    good = [{"text": f"문서 {n}", "n": n} for n in range(5)]
    shape = shape_of(source(fields={"native_id": "n"}))
    alone = collect(batches(good, places(5), shape, Limits())).documents
    for bad in ({}, {"text": None}, {"text": ""}, {"text": 3}, None, [], "text"):
        mixed = collect(batches([*good[:2], bad, *good[2:]], places(6), shape, Limits()))
        assert [(d["text"], d["native_id"]) for d in mixed.documents] == [(d["text"], d["native_id"]) for d in alone]
        assert [d["locator"] for d in mixed.documents] == ["#0", "#1", "#3", "#4", "#5"]
        assert [b.locator for b in mixed.broken] == ["#2"]


def test_a_dotted_name_goes_down_unless_it_is_a_key():
    shape = shape_of(source(fields={"text": "a.b"}))
    records = [{"a": {"b": "안"}}, {"a.b": "밖", "a": {"b": "안"}}, {"a": 1}, {"a": {}}]
    found = collect(batches(records, places(4), shape, Limits()))
    assert found.texts == ["안", "밖"]
    assert found.codes == ["missing_field", "missing_field"]


def test_batches_are_bounded_in_rows_and_bytes():
    records = [{"text": "x" * size} for size in (5, 5, 5, 50, 1, 1, 1, 1)]
    found = collect(batches(records, places(8), raw_shape(), Limits(batch_rows=3, batch_bytes=12)))
    assert [batch.num_rows for batch in found.batches] == [2, 1, 1, 2, 2]
    assert found.texts == [record["text"] for record in records]


def test_slices_share_the_memory_of_their_batch():
    text = pa.array(["가" * 100] * 50, pa.large_string())
    columns = [
        text if f.name == "text" else pa.nulls(50, f.type).fill_null("") if f.name == "locator" else None for f in RAW
    ]
    arrays = [
        pa.array([0] * 50, f.type) if f.name in ("offset", "length") else pa.nulls(50, f.type) if c is None else c
        for f, c in zip(RAW, columns, strict=True)
    ]
    batch = pa.RecordBatch.from_arrays(arrays, schema=RAW)
    address = text.buffers()[2].address
    for part in bounded(batch, Limits(batch_bytes=1000)):
        assert part.column("text").buffers()[2].address == address
        assert part.num_rows == 3 or part.num_rows == 2
