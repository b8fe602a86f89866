"""What the documentation points to is there: files, pictures, commands and their options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipelines.cli import COMMANDS, load

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")] + sorted(
    ROOT.glob("docs/**/*.md")
)
FENCE = re.compile(r"```.*?```", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
PROMPT = re.compile(r"^\$ malmoi (.+?)(?<!\\)$", re.MULTILINE | re.DOTALL)


def _named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_file_and_picture_that_a_page_links_to_is_there(page: Path) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))) if ":" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def _typed() -> list[tuple[str, str]]:
    return [
        (_named(page), line.replace("\\\n", " "))
        for page in PAGES
        for fence in FENCE.findall(page.read_text(encoding="utf-8"))
        for line in PROMPT.findall(fence)
    ]


@pytest.mark.parametrize(("page", "line"), _typed(), ids=lambda value: value[:60])
def test_every_command_that_a_page_types_exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line.partition(" > ")[0].partition(" | ")[0].removesuffix("&"), comments=True)
    assert words[0] in COMMANDS, f"{page}: malmoi {words[0]}"
    command = load(words[0])
    rest = words[1:]
    while hasattr(command, "commands"):
        assert rest and rest[0] in command.commands, f"{page}: malmoi {line}"
        command, rest = command.commands[rest[0]], rest[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.partition("=")[0] for word in rest if word.startswith("--")} - {"--help"}
    assert used <= options, f"{page}: malmoi {line}"


def test_every_decision_and_guide_is_in_its_index() -> None:
    index = (ROOT / "docs/decisions/0000-index.md").read_text(encoding="utf-8")
    guides = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    decisions = [path.name for path in ROOT.glob("docs/decisions/*.md") if path.name != "0000-index.md"]
    assert [name for name in decisions if f"]({name})" not in index] == []
    assert [path.name for path in ROOT.glob("docs/guide/*.md") if f"](guide/{path.name})" not in guides] == []
