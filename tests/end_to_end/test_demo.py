"""The demo: one command from nothing to a governed release, and every word it prints can be followed."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.commands import Result, invoke


@dataclass(frozen=True)
class Demo:
    """What `malmoi demo` printed and left."""

    directory: Path
    result: Result

    @property
    def lines(self) -> list[str]:
        return [line for line in self.result.out.splitlines() if line.strip()]

    def named(self, what: str) -> Path:
        (line,) = [line for line in self.lines if line.startswith(f"{what}:")]
        return Path(line.partition(":")[2].strip())

    @property
    def report(self) -> dict[str, Any]:
        return json.loads(self.named("report").with_suffix(".json").read_bytes())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    directory = tmp_path_factory.mktemp("demo-command")
    before = os.environ.get("MALMOI_SAMPLES")
    result = invoke("demo", str(directory), "--scale", "0.1", "--seed", "3")
    assert result.code == 0, result.err
    yield Demo(directory, result)
    if before is None:
        os.environ.pop("MALMOI_SAMPLES", None)
    else:
        os.environ["MALMOI_SAMPLES"] = before


def test_it_ends_with_the_release(demo: Demo) -> None:
    assert demo.lines[-1].startswith("release: ")
    assert (demo.named("release") / "manifest.dsse.json").is_file()


def test_it_says_where_the_report_is_and_what_to_do_next(demo: Demo) -> None:
    assert demo.named("report").is_file()
    at = demo.lines.index("next:")
    commands = [line.strip() for line in demo.lines[at + 1 : -1]]
    assert len(commands) == 3 and all(command.startswith("malmoi ") for command in commands)


def test_every_next_command_does_what_it_says(demo: Demo) -> None:
    at = demo.lines.index("next:")
    for line in demo.lines[at + 1 : -1]:
        _, name, *arguments = shlex.split(line)
        if name == "serve":
            assert invoke("serve", "--help").code == 0  # it would serve until it is stopped
            continue
        done = invoke(name, *arguments)
        assert done.code == 0 and done.out.strip(), done.err


def test_it_says_how_much_was_read_released_and_refused(demo: Demo) -> None:
    (line,) = [line for line in demo.lines if "documents read" in line]
    read, released, refused = (int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", line))
    books = [stage for source in demo.report["sources"] for stage in source["stages"]]
    assert read == sum(stage["in"] for stage in books if stage["stage"] == "prepare")
    assert released == sum(stage["kept"] for stage in books if stage["stage"] == "protect")
    assert 100 < released < read and refused == 2


class _Links(HTMLParser):
    """Every attribute that could make a browser load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = ("src", "href", "srcset", "data", "action", "poster", "xlink:href")
        self.found += [(tag, value or "") for name, value in attrs if name in names]


def test_the_report_is_one_file_that_loads_nothing(demo: Demo) -> None:
    page = demo.named("report").read_text(encoding="utf-8")
    links = _Links()
    links.feed(page)
    assert [link for link in links.found if not link[1].startswith(("#", "data:"))] == []
    assert "@import" not in page and not re.search(r"url\((?!['\"]?data:)", page)
    assert page.startswith("<!doctype html>".upper()) or page.lower().startswith("<!doctype html>")


def test_the_report_lists_planted_against_found_with_every_miss(demo: Demo) -> None:
    planted = demo.report["planted"]
    by_what = Counter[str]()
    for row in planted:
        assert len(row["misses"]) == row["planted"] - row["found"]
        by_what[row["what"]] += row["planted"]
    wanted = {"pii", "negative", "exact_duplicate", "near_duplicate", "low_quality", "broken", "document"}
    assert wanted <= by_what.keys() and all(by_what[what] > 0 for what in wanted)


@pytest.mark.parametrize("what", ["exact_duplicate", "broken", "document"])
def test_nothing_of_what_must_be_found_is_missed(demo: Demo, what: str) -> None:
    rows = [row for row in demo.report["planted"] if row["what"] == what]
    assert [(row["kind"], row["variant"], row["misses"]) for row in rows if row["misses"]] == []


def test_the_truth_names_the_line_of_a_miss(demo: Demo) -> None:
    truth = (demo.directory / "samples" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    for row in demo.report["planted"]:
        for miss in row["misses"] if row["what"] != "document" else []:
            line = json.loads(truth[miss["line"] - 1])
            assert (line["what"], line["kind"], line["corpus"]) == (row["what"], row["kind"], miss["corpus"])


def test_refused_sources_are_named_with_the_policy(demo: Demo) -> None:
    refused = {r["source"]: r["policies"] for r in demo.report["refused"]}
    assert refused == {"refused-archive": ["admit-expired"], "refused-diaries": refused["refused-diaries"]}
    assert "admit-training" in refused["refused-diaries"]
    page = demo.named("report").read_text(encoding="utf-8")
    assert all(name in page for name in refused)


def test_all_three_sectors_are_released(demo: Demo) -> None:
    home = str(demo.directory / "home")
    rows = invoke("query", "demo", "SELECT DISTINCT sector FROM documents", "--home", home, "--json").json
    assert {row["sector"] for row in rows} == {"government", "academic", "private"}


def test_a_demo_that_was_killed_while_it_made_the_samples_starts_them_over(tmp_path: Path) -> None:
    (tmp_path / "samples.partial").mkdir()
    (tmp_path / "samples.partial" / "half.txt").write_bytes(b"half")
    before = os.environ.get("MALMOI_SAMPLES")
    done = invoke("demo", str(tmp_path), "--scale", "0.1", "--json")
    os.environ.update({"MALMOI_SAMPLES": before} if before else {})
    assert done.code == 0 and not (tmp_path / "samples.partial").exists()


def test_a_scale_that_cannot_hold_every_planted_thing_is_refused(tmp_path: Path) -> None:
    refused = invoke("demo", str(tmp_path), "--scale", "0.05")
    assert refused.code == 2 and "0.1" in refused.err and not list(tmp_path.iterdir())


def test_a_second_demo_does_no_work(demo: Demo) -> None:
    again = invoke("demo", str(demo.directory), "--scale", "0.1", "--seed", "3", "--json")
    assert again.code == 0 and again.json["worked"] is False
    assert Path(again.json["release"]) == demo.named("release")
