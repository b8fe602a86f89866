import pytest
from resiliparse.parse.html import HTMLTree

from connectors.formats.html import HtmlOptions, page_text
from tests.connectors.reading import read_bytes, source

SPEC = source(format="html")
PAGE = """<html><head><title>제목</title><meta charset="{codec}"><link rel="canonical" href="https://example.kr/1">
</head><body><nav>메뉴 목록</nav><div id="main"><h1>머리</h1><p>본문 첫 문단이다.</p><table><tr><td>칸</td></tr></table>
<div class="ad">광고</div></div><footer>꼬리말</footer><script>var x = "코드";</script></body></html>"""


@pytest.mark.parametrize(
    ("codec", "declared"), [("utf-8", "utf-8"), ("euc-kr", "euc-kr"), ("cp949", "utf-8"), ("utf-16", "x")]
)
def test_the_page_is_decoded_whatever_it_claims(codec, declared):
    (document,) = read_bytes(PAGE.format(codec=declared).encode(codec), SPEC).documents
    assert document["title"] == "제목"
    assert "본문 첫 문단이다." in document["text"]
    assert "코드" not in document["text"]


def test_the_selectors_of_a_site_decide():
    spec = source(
        format="html",
        fields={"title": "h1", "url": "link[rel=canonical]@href", "author": ".none"},
        options={"content": "#main", "remove": [".ad"]},
    )
    (document,) = read_bytes(PAGE.format(codec="utf-8").encode(), spec).documents
    assert (document["title"], document["url"], document["author"]) == ("머리", "https://example.kr/1", None)
    assert "칸" in document["text"]
    assert not {"광고", "메뉴 목록", "꼬리말"} & set(document["text"].split("\n"))


def test_all_text_is_taken_where_the_main_content_is_less_than_half():
    lists = "".join(f'<nav><a href="/{n}">목록의 항목 {n}</a></nav>' for n in range(40))
    tree = HTMLTree.parse(f"<html><body><p>짧은 글.</p>{lists}</body></html>")
    assert "목록의 항목 39" in page_text(tree, HtmlOptions())


@pytest.mark.parametrize("page", [b"<html></html>", b"<html><body><script>1</script></body></html>", b" "])
def test_a_page_without_text_is_an_empty_document(page):
    assert read_bytes(page, SPEC).codes == ["empty_text"]


@pytest.mark.parametrize("page", [b"<p>a", b"<<<>>>a", b"<table><td>a</table></b>", b"a" * 10])
def test_broken_markup_is_still_read(page):
    assert "a" in read_bytes(page, SPEC).texts[0]
