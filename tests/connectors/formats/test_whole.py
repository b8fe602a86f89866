import io

import pytest

from connectors.formats.whole import one_document, read_all
from governance.records.errors import BrokenError
from tests.connectors.reading import collect


def test_a_file_up_to_the_limit_is_read():
    assert read_all(io.BytesIO(b"12345"), 5) == b"12345"
    with pytest.raises(BrokenError, match="over 4 bytes"):
        read_all(io.BytesIO(b"12345"), 4)


def test_a_document_is_one_row_with_what_is_known_of_it():
    found = collect(one_document("본문", {"title": ["가", "나"], "published_at": "2019-04-01", "url": ""}, 6))
    (document,) = found.documents
    assert (document["text"], document["title"], document["url"]) == ("본문", "가, 나", None)
    assert (document["locator"], document["offset"], document["length"]) == ("", 0, 6)
    assert document["published_at"].year == 2019
