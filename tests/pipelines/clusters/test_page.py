"""The page says what the table says, escapes every text, and asks for nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.clusters.compare import compare
from pipelines.clusters.page import build_page
from pipelines.pages import write_page

ATTACK = "<script>document.title='뚫림'</script><img src=x onerror=\"document.title='뚫림'\">"
CHROMIUM = shutil.which("chromium")
QUIET = ("no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update")


def page() -> str:
    members: list[dict[str, Any]] = [
        {
            "doc_id": name * 26,
            "survivor_id": "a" * 26,
            "source": ATTACK,
            "licence": "CC-BY-4.0",
            "outcome": outcome,
            "rule": "near_duplicate@1",
            "similarity": 0.91234,
        }
        for name, outcome in (("a", "kept"), ("b", "marked"))
    ]
    lines = [f"{n}번 줄은 그대로 있습니다." for n in range(30)]
    left = "\n".join(["제1조 기한은 7일로 한다.", *lines])
    return build_page("test / r", members, compare(left, left.replace("7일", "14일") + "\n" + ATTACK + "가" * 400))


def test_what_the_table_says_stands_on_the_page() -> None:
    html = page()
    for words in (
        "대표 문서",
        "거의 같음, 대표 문서와 유사도 0.9123",
        "표시하고 남김",
        "<mark>14</mark>",
        "같은 줄 26개",
    ):
        assert words in html
    assert "<script" not in html and "<img" not in html


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    write_page(tmp_path / "p.html", page())
    assert (tmp_path / "p.html").stat().st_mode & 0o777 == 0o600


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (820, "dark"), (390, "light"), (320, "dark")])
def test_it_fits_every_window_and_runs_nothing(tmp_path: Path, width: int, scheme: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    path = tmp_path / "p.html"
    write_page(path, page())
    asked: list[str] = []
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=[f"--{name}" for name in QUIET])
        shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(path.as_uri())
        assert shown.title() == "중복 문서 나란히 보기" and asked == [path.as_uri()]
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        shown.get_by_text("같은 줄 26개").click()
        assert shown.get_by_text("9번 줄은 그대로 있습니다.", exact=True).first.is_visible()
        browser.close()
