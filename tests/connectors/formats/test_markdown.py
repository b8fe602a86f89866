import pytest

from governance.records.errors import BrokenError
from tests.connectors.reading import read_bytes, source

SPEC = source(
    format="markdown", fields={"native_id": "번호", "title": "제목", "author": "기관", "published_at": "공포일자"}
)
PAGE = (
    "---\n번호: 0123\n제목: 개인정보 보호법\n기관:\n- 가부\n- 나처\n공포일자: 2011-03-29\n---\n\n"
    "# 개인정보 보호법\n\n---\n본문\n"
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_fills_the_columns_and_leaves_the_text(end):
    (document,) = read_bytes(PAGE.replace("\n", end).encode(), SPEC).documents
    assert (document["native_id"], document["title"], document["author"]) == ("0123", "개인정보 보호법", "가부, 나처")
    assert str(document["published_at"].date()) == "2011-03-29"
    assert document["text"] == "# 개인정보 보호법\n\n---\n본문\n".replace("\n", end)
    assert (document["offset"], document["length"]) == (0, len(PAGE.replace("\n", end).encode()))


@pytest.mark.parametrize(
    "text", ["# 제목\n본문", "--- 줄표로 시작\n본문", "---\n끝나지 않는 머리", "----\na: 1\n----\n"]
)
def test_a_page_without_front_matter_is_all_text(text):
    assert read_bytes(text.encode(), SPEC).texts == [text]


def test_a_missing_field_is_unknown():
    (document,) = read_bytes("---\n제목: 가\n---\n본문".encode(), SPEC).documents
    assert (document["title"], document["author"], document["published_at"]) == ("가", None, None)


@pytest.mark.parametrize("front", ["a: [1", "a: b: c", "- 1\n- 2", "!!python/object/apply:os.getcwd []", "a: *b"])
def test_front_matter_that_is_no_mapping_breaks_the_item(front):
    with pytest.raises(BrokenError) as error:
        read_bytes(f"---\n{front}\n---\n본문".encode(), SPEC)
    assert error.value.code == "bad_record"


def test_only_front_matter_is_an_empty_document():
    assert read_bytes("---\n제목: 가\n---\n".encode(), SPEC).codes == ["empty_text"]
