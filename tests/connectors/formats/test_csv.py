import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import csv_rows
from connectors.formats import lines as lines_module
from connectors.formats.contract import Limits, Split
from governance.records.errors import BrokenError
from tests.connectors.reading import read_bytes, source

SPEC = source(format="csv", fields={"native_id": "id", "text": "body", "title": "head"})


def read(data, **keys):
    return read_bytes(data.encode() if isinstance(data, str) else data, SPEC.model_copy(update=keys))


def test_rows_have_numbers_and_the_bytes_they_span():
    data = 'id,head,body\n1,가,나\n\n2,"다\n라","마, ""바"""\n3,사,아\n'
    found = read(data)
    assert [(d["native_id"], d["title"], d["text"], d["locator"]) for d in found.documents] == [
        ("1", "가", "나", "#0"), ("2", "다\n라", '마, "바"', "#1"), ("3", "사", "아", "#2"),
    ]  # fmt: skip
    spans = [data.encode()[d["offset"] :][: d["length"]].decode() for d in found.documents]
    assert spans == ["1,가,나", '2,"다\n라","마, ""바"""', "3,사,아"]


@pytest.mark.parametrize(
    ("what", "row", "code", "lines"),
    [
        ("too few cells", "2,b", "bad_record", 1),
        ("too many cells", "2,b,c,d", "bad_record", 1),
        ("empty text", "2,b,", "empty_text", 1),
        ("invalid UTF-8", b"2,b,\xff", "bad_encoding", 1),
        ("a quote that never closes", '2,b,"c', "bad_record", 1),
        ("a bare carriage return", "2,b\rx,c", "bad_record", 1),
    ],
)
def test_a_bad_row_is_one_broken_document_and_the_others_go_on(what, row, code, lines):
    row = row if isinstance(row, bytes) else row.encode()
    head = "id,head,body\n1,가,나\n".encode()
    found = read(head + row + "\n3,다,라\n4,마,바\n".encode())
    assert found.texts == ["나", "라", "바"]
    assert [d["locator"] for d in found.documents] == ["#0", "#2", "#3"]
    (broken,) = found.broken
    assert (broken.code, broken.offset, broken.length, broken.locator) == (code, len(head), len(row), "#1")


def test_a_quote_left_open_does_not_swallow_the_rows_of_later_blocks(monkeypatch):
    monkeypatch.setattr(lines_module, "BLOCK_BYTES", 64)
    data = "id,head,body\n" + '1,"a,b\n' + "".join(f"{n},h,t{n}\n" for n in range(2, 200))
    found = read(data)
    assert found.texts == [f"t{n}" for n in range(2, 200)]
    assert found.codes == ["bad_record"]


def test_a_quote_left_open_is_given_up_after_so_many_lines(monkeypatch):
    monkeypatch.setattr(csv_rows, "_LINES_AT_MOST", 10)
    whole = '1,h,"' + "line\n" * 8 + '"\n'
    found = read("id,head,body\n" + whole + '2,h,"open\n' + "".join(f"{n},h,t{n}\n" for n in range(3, 60)))
    assert found.texts == ["line\n" * 8, *(f"t{n}" for n in range(3, 60))]
    assert found.codes == ["bad_record"]


@pytest.mark.parametrize(
    ("header", "data", "field"),
    [(True, "id,body\n1,가\n", "body"), (False, "1,가\n", "1"), (["id", "body"], "1,가\n", "body")],
)
def test_a_header_may_be_read_absent_or_given(header, data, field):
    found = read(data, options={"header": header}, fields={"text": field})
    assert found.texts == ["가"]
    assert found.documents[0]["locator"] == "#0"


def test_a_header_without_the_text_breaks_the_item():
    with pytest.raises(BrokenError) as error:
        read("id,head\n1,a\n")
    assert error.value.code == "missing_field"


@pytest.mark.parametrize("data", ["id,head,body\n", "\n\n", "id,head,body"])
def test_a_file_without_rows_has_no_documents(data):
    assert (read(data).documents, read(data).broken) == ([], [])


def test_quotes_mean_nothing_when_there_is_no_quoting_character():
    found = read_bytes('text\n"가 나\n다 "라\n'.encode(), source(format="tsv", options={"quote": ""}))
    assert found.texts == ['"가 나', '다 "라']


@pytest.mark.parametrize(("codec", "end"), [("cp949", 2), ("utf-8-sig", 2), ("utf-16", 4), ("utf-16-le", 4)])
def test_legacy_encodings_and_line_ends_are_read(codec, end):
    data = 'id,head,body\r\n1,제목,"첫 줄\r\n둘째 줄"\r\n'.encode(codec)
    found = read(data)
    assert found.texts == ["첫 줄\n둘째 줄"]
    assert found.documents[0]["offset"] + found.documents[0]["length"] + end == len(data)


def test_a_cell_over_the_limit_is_broken_and_the_others_go_on():
    found = read_bytes(
        ("text\n" + "a" * 50 + "\nb\n" + '"' + "c\n" * 30 + '"\nd\n').encode(),
        source(format="csv"),
        limits=Limits(max_record_bytes=40),
    )
    assert found.texts[0] == "b"
    assert found.texts[-1] == "d"
    assert found.codes[0] == "record_too_large"


def test_only_the_first_split_reads():
    assert read_bytes(b"text\na\n", source(format="csv"), split=Split(2, 9)).documents == []


CELLS = st.text(st.sampled_from('가나,"\n a'), min_size=1, max_size=5).map(lambda cell: cell.replace("\r", ""))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=12), st.integers(8, 64), st.sampled_from([1, 3, 1000]))
def test_what_csv_writes_is_read_back_for_any_block_and_batch(rows, block, batch_rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([("body", "head"), *rows])
    before, lines_module.BLOCK_BYTES = lines_module.BLOCK_BYTES, block
    try:
        found = read_bytes(out.getvalue().encode(), SPEC, limits=Limits(batch_rows))
    finally:
        lines_module.BLOCK_BYTES = before
    assert [(d["text"], d["title"]) for d in found.documents] == rows
    assert found.broken == []
