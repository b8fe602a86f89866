"""The page in Chromium: nothing runs out of the window, nothing is asked for, nothing is complained about."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.report.page import build_report
from tests.pipelines.report.example import empty_example, report_example

CHROMIUM = shutil.which("chromium")
QUIET = ("no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=CHROMIUM, args=[f"--{name}" for name in QUIET])
        yield launched
        launched.close()


@pytest.mark.parametrize("example", [report_example, empty_example])
@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (820, "light"), (390, "light"), (320, "dark")]
)
def test_the_page_fits_every_window(browser: Any, tmp_path: Path, example: Any, width: int, scheme: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(build_report(example()), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [path.as_uri()]
    assert complaints == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_writing_stands_out_from_its_ground(browser: Any, tmp_path: Path, scheme: str) -> None:
    """Contrast of body text, secondary text and hints by WCAG 2: at least 4.5 (3 for what repeats something said)."""
    path = tmp_path / "report.html"
    path.write_text(build_report(report_example()), encoding="utf-8")
    page = browser.new_page(color_scheme=scheme)
    page.goto(path.as_uri())
    colours = page.evaluate(
        """() => ['--paper', '--ink', '--ink-2', '--ink-3', '--bad', '--dropped'].map(
             name => getComputedStyle(document.documentElement).getPropertyValue(name).trim())"""
    )
    page.close()
    paper, *inks = (luminance(colour) for colour in colours)
    for ink, least in zip(inks, (12, 6.5, 3.4, 4.5, 2.9), strict=True):
        assert (max(paper, ink) + 0.05) / (min(paper, ink) + 0.05) >= least


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
