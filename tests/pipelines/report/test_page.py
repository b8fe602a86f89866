import re
from html.parser import HTMLParser
from typing import Any

import pytest

from pipelines.report.page import SHARDS_LISTED, build_report
from tests.pipelines.report.example import empty_example, report_example

VOID = {"meta", "br", "link", "input", "rect", "path"}
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data", "srcset")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", " ".join(Page(html).text))


def test_the_page_needs_nothing_from_outside() -> None:
    html = build_report(report_example())
    page = Page(html)
    assert all(link.startswith("#") for link in page.links)
    assert not page.tags & {"script", "iframe", "img", "object", "embed", "link", "form", "base"}
    assert not re.search(r"url\(|@import|https?://", html)
    assert "default-src 'none'; style-src 'unsafe-inline'" in html


def test_every_anchor_of_the_contents_leads_somewhere() -> None:
    for data in (report_example(), empty_example()):
        html = build_report(data)
        assert {link[1:] for link in Page(html).links} <= set(re.findall(r'id="([^"]+)"', html))


def replace_strings(value: Any, keep: tuple[str, ...] = ()) -> Any:
    """The same data with every string, key or value, turned hostile, but those that must be known to be understood."""
    if isinstance(value, dict):
        return {k: v if k in keep else replace_strings(v, keep) for k, v in value.items()}
    if isinstance(value, list):
        return [replace_strings(v, keep) for v in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) else value


def test_no_string_of_the_data_becomes_markup() -> None:
    data = replace_strings(report_example())
    data["distributions"] = {HOSTILE: {HOSTILE: {"edges": [0, 1, 2], "counts": [1, 2]}}}
    html = build_report(data)
    page = Page(html)
    assert page.handlers == []
    assert "img" not in page.tags
    assert "alert(1)" in "".join(page.text)


def test_the_headline_says_what_entered_and_what_left() -> None:
    said = words(build_report(report_example()))
    assert "문서 1,200 건이 들어와 1,049 건이 배포본에 담겼습니다" in said
    assert "1,200 documents entered; 1,049 (87.4 %) are in the release" in said


def test_books_that_balance_are_ticked_and_others_are_crossed() -> None:
    assert "✕" not in build_report(report_example())
    wrong = report_example()
    wrong["sources"][0]["stages"][1]["dropped"] = 89
    html = build_report(wrong)
    assert html.count("✕") >= 3  # the headline, the stage, the source
    lost = report_example()
    lost["sources"][0]["stages"][2]["in"] = 899
    lost["sources"][0]["stages"][2]["kept"] = 849
    assert "✕" in build_report(lost)


def test_every_miss_is_listed() -> None:
    said = words(build_report(report_example()))
    assert "4017" in said
    assert "5003" in said


def test_what_is_not_planted_has_no_section() -> None:
    html = build_report(report_example() | {"planted": []})
    assert 'id="planted"' not in html
    assert re.findall(r'section-number">(\d+)<', html) == [str(n) for n in range(1, 10)]


def test_sections_are_numbered_without_a_gap() -> None:
    assert re.findall(r'section-number">(\d+)<', build_report(report_example())) == [str(n) for n in range(1, 11)]


def test_a_run_without_documents_still_has_a_report() -> None:
    said = words(build_report(empty_example()))
    assert "들어온 문서가 없습니다" in said
    assert "old-news" in said


def test_a_run_that_refused_nothing_says_so() -> None:
    assert "None: the terms of every source are in order." in build_report(report_example() | {"refused": []})


def test_many_shards_are_listed_up_to_a_limit_and_the_rest_counted() -> None:
    shard = report_example()["shards"][0]
    many = [shard | {"path": f"shards/{n:05}.parquet"} for n in range(SHARDS_LISTED + 30)]
    html = build_report(report_example() | {"shards": many})
    assert html.count("<code>shards/") == SHARDS_LISTED
    assert "30 more are in the release's manifest" in words(html).replace("&#39;", "'")


def test_the_same_data_gives_the_same_page() -> None:
    assert build_report(report_example()) == build_report(report_example())


@pytest.mark.parametrize("key", ["run", "sources", "refused", "planted", "shards", "next"])
def test_data_without_a_part_is_refused(key: str) -> None:
    data = report_example()
    del data[key]
    with pytest.raises(KeyError):
        build_report(data)
