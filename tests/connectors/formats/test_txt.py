import pytest

from connectors.formats.contract import TO_END, Limits, Split
from governance.records.errors import BrokenError
from tests.connectors.reading import read_bytes, source

FILE = source(format="txt")
LINES = source(format="txt", options={"records": "lines"})


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_file_is_one_document(codec):
    data = "첫 줄입니다\r\n둘째 줄입니다\n".encode(codec)
    (document,) = read_bytes(data, FILE).documents
    assert document["text"] == "첫 줄입니다\r\n둘째 줄입니다\n"
    assert (document["locator"], document["offset"], document["length"]) == ("", 0, len(data))


def test_a_file_without_characters_is_an_empty_document():
    found = read_bytes(b"\xef\xbb\xbf", FILE)
    assert (found.codes, found.broken[0].unit) == (["empty_text"], "document")


def test_a_file_over_the_limit_breaks_the_item():
    with pytest.raises(BrokenError) as error:
        read_bytes(b"a" * 11, FILE, limits=Limits(max_record_bytes=10))
    assert error.value.code == "record_too_large"


def test_each_line_is_a_document_in_the_split_where_it_begins():
    data = "가\n\n  \n나다\n".encode() + b"\xff\xff\n" + "라\n".encode()
    found = read_bytes(data, LINES)
    assert [(d["text"], d["locator"]) for d in found.documents] == [("가", "@0"), ("나다", "@8"), ("라", "@18")]
    assert [(b.code, b.offset, b.length) for b in found.broken] == [("bad_encoding", 15, 2)]
    parts = [
        read_bytes(data, LINES, split=Split(start, start + 4 if start + 4 < len(data) else TO_END))
        for start in range(0, len(data), 4)
    ]
    assert [d for part in parts for d in part.documents] == found.documents
