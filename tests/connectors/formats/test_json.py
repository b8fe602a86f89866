import json

import pytest

from connectors.formats.contract import Limits, Split
from governance.records.errors import BrokenError
from tests.connectors.reading import read_bytes, source

SPEC = source(format="json", fields={"text": "body", "native_id": "id"})


def test_an_array_is_a_document_an_element():
    found = read_bytes(
        json.dumps([{"id": 1, "body": "가"}, {"id": 2, "body": None}, {"id": 3, "body": "다"}]).encode(), SPEC
    )
    assert [(d["native_id"], d["text"], d["locator"]) for d in found.documents] == [
        ("1", "가", "#0"),
        ("3", "다", "#2"),
    ]
    assert [(b.code, b.locator, b.offset) for b in found.broken] == [("null_text", "#1", -1)]


def test_records_may_lie_inside_an_object():
    data = json.dumps({"response": {"items": [{"body": "가"}]}}).encode()
    assert read_bytes(
        data, source(format="json", fields={"text": "body"}, options={"records": "response.items"})
    ).texts == ["가"]


def test_an_object_is_one_document_of_the_whole_file():
    data = json.dumps({"id": "a", "body": "가"}).encode()
    (document,) = read_bytes(data, SPEC).documents
    assert (document["locator"], document["offset"], document["length"]) == ("", 0, len(data))


@pytest.mark.parametrize(
    ("what", "data", "records", "code"),
    [
        ("cut", b'[{"body": "a"}', "", "bad_record"),
        ("two values", b"[] []", "", "bad_record"),
        ("a string", b'"a"', "", "bad_record"),
        ("no such path", b'{"a": []}', "b", "missing_field"),
        ("a path into an array", b"[1]", "a", "missing_field"),
        ("not text", b"\xff\xff", "", "bad_encoding"),
        ("too deep", b"[" * 100_000 + b"]" * 100_000, "", "bad_record"),
    ],
)
def test_what_is_no_array_of_records_breaks_the_item(what, data, records, code):
    with pytest.raises(BrokenError) as error:
        read_bytes(data, source(format="json", options={"records": records}))
    assert error.value.code == code


def test_a_file_too_large_to_be_held_breaks_the_item():
    with pytest.raises(BrokenError) as error:
        read_bytes(b"[" + b" " * 100 + b"]", SPEC, limits=Limits(max_item_bytes=50))
    assert error.value.code == "record_too_large"


def test_no_documents_is_no_error():
    assert read_bytes(b"[]", SPEC).documents == []


def test_only_the_first_split_reads():
    assert read_bytes(b'[{"body": "a"}]', SPEC, split=Split(3, 9)).documents == []
