import io
import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats.contract import TO_END, WHOLE, Limits, Split
from connectors.formats.jsonl import read
from tests.connectors.reading import read_bytes, source

SPEC = source(format="jsonl", fields={"native_id": "id", "text": "body", "title": "meta.title", "published_at": "on"})


def line(**record):
    return json.dumps(record, ensure_ascii=False)


def test_fields_fill_the_columns_of_raw():
    found = read_bytes(line(id=7, body="본문", meta={"title": "제목"}, on="2019-04-01", other=1).encode(), SPEC)
    (document,) = found.documents
    assert {k: document[k] for k in ("native_id", "text", "title", "locator")} == {
        "native_id": "7", "text": "본문", "title": "제목", "locator": "@0",
    }  # fmt: skip
    assert str(document["published_at"]) == "2019-04-01 00:00:00+00:00"
    assert document["url"] is None


@pytest.mark.parametrize(
    ("what", "bad", "code"),
    [
        ("no JSON", b"{body", "bad_record"),
        ("cut", b'{"body": "\xea\xb0', "bad_encoding"),
        ("two values", b'{"body": "a"} {"body": "b"}', "bad_record"),
        ("not an object", b"[1, 2]", "bad_record"),
        ("a number", b"3", "bad_record"),
        ("no such field", b'{"text": "a"}', "missing_field"),
        ("null text", b'{"body": null}', "null_text"),
        ("empty text", b'{"body": ""}', "empty_text"),
        ("text that is a number", b'{"body": 3}', "bad_record"),
        ("text that is zero", b'{"body": 0}', "bad_record"),
        ("text that is an object", b'{"body": {"a": 1}}', "bad_record"),
        ("invalid UTF-8", b'{"body": "\xff\xff"}', "bad_encoding"),
        ("a lone surrogate", b'{"body": "\\ud800"}', "bad_record"),
    ],
)
def test_a_bad_line_is_one_broken_document_and_the_others_go_on(what, bad, code):
    good = line(body="좋다").encode()
    found = read_bytes(good + b"\n" + bad + b"\n" + good + b"\n", SPEC)
    assert found.texts == ["좋다", "좋다"]
    (broken,) = found.broken
    assert (broken.unit, broken.code, broken.offset, broken.length) == ("document", code, len(good) + 1, len(bad))
    assert broken.locator == f"@{len(good) + 1}"


def test_blank_lines_and_line_ends_are_no_documents():
    found = read_bytes(b'\n  \n{"body": "a"}\r\n\r\n\t\n{"body": "b"}', SPEC)
    assert (found.texts, found.broken) == (["a", "b"], [])
    assert [d["locator"] for d in found.documents] == ["@4", "@23"]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_supported_encoding_is_read_with_places_in_its_bytes(codec):
    lines = [line(body=f"문서 {n}호는 다음과 같다") for n in range(20)]
    data = "\n".join(lines).encode(codec)
    found = read_bytes(data, SPEC)
    assert found.texts == [f"문서 {n}호는 다음과 같다" for n in range(20)]
    bare = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(codec, codec)
    for document, text in zip(found.documents, lines, strict=True):
        assert data[document["offset"] :][: document["length"]].decode(bare) == text


def test_texts_of_several_fields_and_lists_are_joined():
    spec = source(format="jsonl", fields={"text": ["q", "a"]}, separator=" / ")
    records = [
        {"q": "질문", "a": "답"},
        {"q": "질문"},
        {"q": None, "a": "답"},
        {"q": ["가", "나"], "a": ""},
        {"q": None},
        {},
    ]
    found = read_bytes("\n".join(map(json.dumps, records)).encode(), spec)
    assert found.texts == ["질문 / 답", "질문", "답", "가 / 나"]
    assert found.codes == ["null_text", "missing_field"]


@pytest.mark.parametrize(("value", "native_id"), [("0123", "0123"), (12, "12"), ("", None), (None, None), (1.5, "1.5")])
def test_native_ids_are_strings_as_written(value, native_id):
    (document,) = read_bytes(line(id=value, body="a").encode(), SPEC).documents
    assert document["native_id"] == native_id


RECORDS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"body": st.text(st.characters(codec="utf-8"), max_size=8)}).map(orjson.dumps),
        st.sampled_from([b"", b"{", b'{"body": null}', b"  ", b'{"body":"\xff"}']),
    ),
    max_size=10,
)


@settings(deadline=None, max_examples=100)
@given(RECORDS, st.integers(1, 40), st.sampled_from([1, 2, 1000]))
def test_documents_and_places_are_the_same_for_any_split_and_batch(lines, step, rows):
    data = b"\n".join([line(body="가나").encode()] * 11 + lines)
    whole = read_bytes(data, SPEC)
    starts = range(0, len(data), step)
    parts = [
        read_bytes(data, SPEC, split=Split(s, s + step if s + step < len(data) else TO_END), limits=Limits(rows))
        for s in starts
    ]
    assert [d for part in parts for d in part.documents] == whole.documents
    key = lambda broken: broken.offset  # noqa: E731
    assert sorted((b for part in parts for b in part.broken), key=key) == sorted(whole.broken, key=key)
    assert all(batch.num_rows <= rows for part in parts for batch in part.batches)


def test_in_equals_kept_plus_broken_for_a_million_tiny_documents():
    data = b'{"body":"a"}\n' * 1_000_000
    rows = [part.num_rows for part in read(io.BytesIO(data), SPEC, WHOLE, Limits(65536))]
    assert sum(rows) == 1_000_000
    assert max(rows) <= 65536
