"""A document before and after: what is marked, what the page holds, and how it looks in Chromium."""

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.keys import KeyStore
from governance.records.errors import NotFoundError
from pipelines.finding import by_native_id
from pipelines.home import Home
from pipelines.pii.aligning import align, pieces_of
from pipelines.pii.showing import show_document
from pipelines.purging import purge
from tests.end_to_end.conftest import NOW, World, letter
from transforms.pii.policy import PiiPolicy, parse_policy
from transforms.pii.protect import protect

PHONE, NAME = "010-2600-4143", "홍길동"
PARTS = (PHONE, NAME, "민원인 ", " 연락처: ", "\n", ", ", "서울특별시 강남구 역삼동 12-3 ", "a.b@c.kr ")
CHROMIUM = shutil.which("chromium")


def _protected(text: str, policy: PiiPolicy) -> tuple[list[dict[str, Any]], str]:
    safe = protect({"text": pa.array([text])}, pa.array(["d"]), policy=policy, key=b"k" * 32)
    return safe.spans.to_pylist(), safe.fields["text"][0].as_py()


@pytest.mark.parametrize("action", ["pseudonymise", "mask", "destroy", "keep"])
@given(
    st.lists(
        st.sampled_from(
            [PHONE, NAME, "민원인 ", " 연락처: ", "\n", ", ", "서울특별시 강남구 역삼동 12-3 ", "a.b@c.kr "]
        )
    )
)
def test_a_released_text_is_cut_where_the_staged_one_is(action: str, parts: list[str]) -> None:
    settings: dict[str, Any] = {"actions": {"phone": action, "name": action, "email": action}}
    settings["reasons"] = dict.fromkeys(settings["actions"], "public_record")
    text = " ".join(parts)
    spans, released = _protected(text, parse_policy(settings))
    before, after = pieces_of(text, spans), align(text, spans, released)
    assert after is not None and "".join(piece.text for piece in after) == released
    assert "".join(piece.text for piece in before) == text
    assert [p.span for p in after if p.span] == [p.span for p in before if p.span]
    assert [p.text for p in after if not p.span] == [p.text for p in before if not p.span]


def test_a_text_of_another_staging_is_not_cut_at_all() -> None:
    spans, released = _protected(f"문의 {PHONE} 입니다", PiiPolicy())
    assert align("전혀 다른 글", [], released) is None
    assert align(f"문의 {PHONE} 입니다", spans, released + "!") is None


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(tmp_path_factory.mktemp("shown"))
    said = f"민원인 {NAME}(900101-1234567)의 연락처는 {PHONE}입니다.\n<b>끝</b>"
    record = {"id": "one", "text": letter(1) + "\n" + said, "title": f"{NAME} 님", "url": "https://example.org/1"}
    made.jsonl("letters", [record, {"id": "plain", "text": letter(2)}])
    made.run()
    return made


def _page(home: Home, native: str) -> str:
    keys = KeyStore.open(home.keys)
    return show_document(home, keys, by_native_id(home, keys, native)[0].doc_id)


def test_both_sides_are_marked_with_kind_action_and_recogniser(world: World) -> None:
    page = _page(world.home, "one")
    marked = re.findall(r'<mark class="a-(\w+)" title="([^"]+)">(.*?)<small>(.*?)</small>', page)
    phones = [text for action, _, text, kind in marked if kind == "전화번호" and action == "pseudonymise"]
    assert len(phones) == 2 and phones[0] == PHONE != phones[1]
    assert ("destroy", "주민등록번호 · 파기 · prepare · 1.00", "[주민등록번호]", "주민등록번호") in marked
    names = [text for _, _, text, kind in marked if kind == "이름"]
    assert names[::2] == [NAME, NAME] and NAME not in names[1::2]
    assert "900101" not in page and html.escape("<b>끝</b>") in page and "<b>끝" not in page
    assert "가명 처리" in page and "phone@" in page


def test_a_page_asks_for_nothing_and_runs_nothing(world: World) -> None:
    page = _page(world.home, "one")
    assert "default-src 'none'" in page and "<script" not in page and "src=" not in page and "url(" not in page


def test_without_findings_or_without_the_original_it_says_so(world: World, tmp_path: Path) -> None:
    assert "아무것도 찾지 못했습니다" in _page(world.home, "plain")
    shutil.copytree(world.home.root, tmp_path / "home")
    home = Home(tmp_path / "home")
    keys = KeyStore.open(home.keys)
    doc_id = by_native_id(home, keys, "one")[0].doc_id
    purge(home, keys, NOW.date(), everything=True)
    page = show_document(home, keys, doc_id)
    assert "보관 기한이 지나" in page and NAME not in page and PHONE not in page
    with pytest.raises(NotFoundError, match="in no release"):
        show_document(home, keys, "a" * 26)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (820, "dark"), (360, "light")])
def test_the_page_fits_every_window(browser: Any, world: World, tmp_path: Path, width: int, scheme: str) -> None:
    path = tmp_path / "view.html"
    path.write_text(_page(world.home, "one"), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [path.as_uri()] and complaints == []
    sides = page.locator(".field .pair:not(.head)").first.locator("> div")
    first, second = sides.nth(0).bounding_box(), sides.nth(1).bounding_box()
    assert (first["y"] == second["y"]) == (width > 720)
    page.close()
