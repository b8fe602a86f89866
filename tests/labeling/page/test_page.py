"""The page as a person meets it, in Chromium: by keyboard alone, on a telephone, when time runs out."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import expect, sync_playwright

from labeling.project import Project
from labeling.queue import Queue
from labeling.reading import Text
from labeling.server import create_router
from labeling.store.sqlite import SqliteStore
from labeling.workers import Workers
from tests.labeling.conftest import make_tasks

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed, so the page was not tried"),
]

EXPECTED = "Failed to load resource: the server responded with a status of 4"  # refusals that the page explains

GUIDELINE = "글을 읽고 고릅니다.\n\n# 기준\n- 좋음: 잘 읽힙니다.\n- 나쁨: <b>읽히지</b> 않습니다."
ATTACK = "<img src=x onerror=\"document.title='뚫림'\"> 글 <script>document.title='뚫림'</script>"


class Place:
    """A server on a thread, and what its queue holds."""

    def __init__(self, path: Path) -> None:
        self.queue = Queue(SqliteStore(path))
        self.queue.define(
            Project("quality", GUIDELINE, ("좋음", "나쁨"), title="이 글은 어떤가요?"), now=datetime.now(UTC)
        )
        workers = Workers(self.queue.store)
        now = datetime.now(UTC)
        _, self.token = workers.add("기관가", "kim01", now=now, expires_at=now + timedelta(days=1))
        app = FastAPI()
        app.include_router(
            create_router(self.queue, lambda task, worker: Text(ATTACK, f"제목 {task.row}"), workers, self.clock)
        )
        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self.thread = threading.Thread(target=self.server.run)

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def start(self) -> str:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/label/"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()

    def rows(self) -> list[tuple[str, str | None, str | None]]:
        return [(r["outcome"], r["answer"], r["reason"]) for r in self.queue.export("quality").to_pylist()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "queue.sqlite")
    made.url = made.start()  # type: ignore[attr-defined]
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser, place: Place) -> Iterator[Callable]:
    """Opens the page and signs in by keyboard; afterwards the browser must have complained of nothing."""
    complaints: list[str] = []
    contexts = []

    def open_(**settings):
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.set_default_timeout(30_000)
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type == "error" and not m.text.startswith(EXPECTED) else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(place.url)  # type: ignore[attr-defined]
        page.wait_for_selector("#token")
        page.keyboard.type(place.token)
        page.keyboard.press("Enter")
        page.wait_for_selector("#work:visible, #empty:visible")
        ready(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def ready(page) -> None:
    """Waits until the next text is there and has stood long enough to be answered."""
    expect(page.locator("body")).not_to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(450)


def said(page, words: str) -> None:
    expect(page.locator("#status")).to_contain_text(words)
    ready(page)


def test_a_person_works_by_keyboard_alone(place: Place, open_page: Callable):
    place.queue.load(make_tasks(4))
    page = open_page()
    assert page.locator("#guideline li").all_text_contents() == ["좋음: 잘 읽힙니다.", "나쁨: <b>읽히지</b> 않습니다."]
    assert page.evaluate("document.activeElement.id") == "document", "a reader of the screen starts at the text"
    page.keyboard.press("1")
    said(page, "‘좋음’으로 저장했습니다")
    assert place.rows() == [("answered", "좋음", None)]
    page.keyboard.press("z")
    said(page, "되돌렸습니다")
    assert place.rows() == []
    page.keyboard.press("2")
    said(page, "‘나쁨’으로 저장했습니다")
    page.keyboard.press("s")
    page.keyboard.press("2")
    said(page, "건너뛰었습니다")
    assert ("skipped", None, "broken") in place.rows()
    page.keyboard.press("p")
    page.keyboard.press("3")
    said(page, "신고했습니다")
    assert place.queue.progress("quality", now=place.clock()).findings == 1
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㄱ', code: 'KeyR', bubbles: true}))")
    page.wait_for_selector("#empty:visible")
    assert place.queue.progress("quality", now=place.clock()).leased == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#work:visible")


def test_a_text_with_markup_is_shown_as_it_is(place: Place, open_page: Callable):
    place.queue.load(make_tasks(1))
    page = open_page()
    assert page.locator("#document-body").text_content() == ATTACK
    assert page.title() == "말모이 라벨링"


def test_on_a_telephone_answers_are_in_reach_and_nothing_sticks_out(place: Place, open_page: Callable):
    place.queue.load(make_tasks(2))
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for name in ("좋음", "나쁨"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["y"] + box["height"] <= 640 and box["height"] >= 44
    page.get_by_role("button", name="좋음").tap()
    said(page, "저장했습니다")
    assert place.rows() == [("answered", "좋음", None)]


def test_when_time_runs_out_the_text_goes_and_the_person_is_told(place: Place, open_page: Callable):
    place.queue.load(make_tasks(1))
    page = open_page()
    page.evaluate("setEnd(1)")
    page.wait_for_selector("#empty:visible")
    assert "시간이 지나" in page.locator("#empty-title").text_content()
    assert page.locator("#document-body").text_content() == ""


def test_a_lease_that_another_took_meanwhile_is_explained_and_the_next_task_comes(place: Place, open_page: Callable):
    place.queue.load(make_tasks(2))
    page = open_page()
    first = page.locator("#document-title").text_content()
    doc = f"doc{int(first.split()[1]):05}"
    place.queue.pull([doc], now=place.clock())
    page.keyboard.press("1")
    said(page, "대기열에서 빠졌습니다")
    expect(page.locator("#document-title")).not_to_have_text(first)
    assert place.rows() == []


def test_two_windows_of_one_person_show_one_task(place: Place, open_page: Callable):
    place.queue.load(make_tasks(3))
    titles = [open_page().locator("#document-title").text_content() for _ in range(2)]
    assert titles[0] == titles[1]
    assert place.queue.progress("quality", now=place.clock()).leased == 1


def test_a_wrong_token_is_explained_and_leaving_forgets_the_text(place: Place, open_page: Callable):
    place.queue.load(make_tasks(1))
    page = open_page()
    page.get_by_role("button", name="나가기").click()
    page.wait_for_selector("#sign-in:visible")
    assert page.locator("#document-body").text_content() == "" and page.context.cookies() == []
    page.keyboard.type("malmoi-label-wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-error")).to_contain_text("기한이 지났습니다")
    assert page.evaluate("document.getElementById('token').value") == ""


def test_every_control_has_a_name_and_dialogs_give_the_focus_back(place: Place, open_page: Callable):
    place.queue.load(make_tasks(1))
    page = open_page()
    controls = "[...document.querySelectorAll('button, select, input, progress')]"
    nameless = f"{controls}.filter(e => !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map(e => e.id)"
    assert page.evaluate(nameless) == []
    page.locator("#skip-open").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('dialog').id") == "skip"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "skip-open"


def test_a_key_pressed_twice_does_not_answer_a_text_nobody_has_read(place: Place, open_page: Callable):
    place.queue.load(make_tasks(3))
    page = open_page()
    press = "document.querySelector('#labels button').click();"
    page.evaluate(f"state.shownAt = Date.now(); {press}")
    assert place.rows() == [], "the text has only just appeared"
    page.evaluate(f"state.shownAt = 0; {press} {press} {press}")
    said(page, "저장했습니다")
    assert len(place.rows()) == 1, "the first press is still on its way"


def test_letters_can_be_switched_off(place: Place, open_page: Callable):
    place.queue.load(make_tasks(1))
    page = open_page()
    page.keyboard.press("?")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    assert place.rows() == [] and page.locator("dialog[open]").count() == 0
