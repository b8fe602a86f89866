from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from governance.records.errors import ConfigError
from labeling.errors import AnsweredError, TokenError
from labeling.queue import Queue
from labeling.store.sqlite import SqliteStore
from pipelines.commands import queue as command
from pipelines.home import Home
from tests.labeling.conftest import NOON, QUALITY, make_tasks


class Terminal:
    """Runs `malmoi queue …` in one installation, at a time that stands still."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def text(self, *words: str) -> str:
        result = CliRunner().invoke(command.app, [*words, "--home", str(self.home)], catch_exceptions=True)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def json(self, *words: str):
        return json.loads(self.text(*words, "--json"))


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr(command, "clock", lambda: NOON)
    queue = Queue(SqliteStore(Home.of(tmp_path).queue))
    queue.define(QUALITY, now=NOON)
    queue.load(make_tasks(2, overlap=2))
    return Terminal(tmp_path)


@pytest.fixture
def token(terminal: Terminal) -> str:
    return terminal.json("workers", "add", "기관가", "kim01")["token"]


def take(terminal: Terminal, token: str) -> dict:
    return terminal.json("next", "quality", "--token", token)["lease"]


def test_a_task_is_taken_answered_and_exported(terminal: Terminal, token: str, tmp_path: Path):
    lease = take(terminal, token)
    assert lease.keys() == {"task_id", "doc_id", "release_id", "shard", "row", "source", "fencing", "expires_at"}
    terminal.json("submit", lease["task_id"], "좋음", "--fencing", str(lease["fencing"]), "--token", token)
    assert terminal.json("export", "quality", str(tmp_path / "a.parquet"))["rows"] == 1
    assert pq.read_table(tmp_path / "a.parquet")["answer"].to_pylist() == ["좋음"]
    status = terminal.json("status")["projects"][0]
    assert (status["project"], status["answers"], status["places"], status["share"]) == ("quality", 1, 4, 0.25)


def test_release_and_skip_end_a_lease(terminal: Terminal, token: str):
    first = take(terminal, token)
    terminal.json("release", first["task_id"], "--fencing", str(first["fencing"]), "--token", token)
    second = take(terminal, token)
    terminal.json("skip", second["task_id"], "unclear", "--fencing", str(second["fencing"]), "--token", token)
    third = take(terminal, token)
    assert third["task_id"] == first["task_id"] != second["task_id"]
    terminal.json("skip", third["task_id"], "other", "--fencing", str(third["fencing"]), "--token", token)
    assert take(terminal, token) is None
    assert "nothing left" in terminal.text("next", "quality", "--token", token)


def test_agreement_says_when_there_is_none_to_speak_of(terminal: Terminal, token: str):
    assert "not defined yet" in terminal.text("agreement", "quality")
    other = terminal.json("workers", "add", "기관나", "lee01")["token"]
    for who in (token, other):
        for answer in ("좋음", "나쁨"):
            lease = take(terminal, who)
            terminal.json("submit", lease["task_id"], answer, "--fencing", str(lease["fencing"]), "--token", who)
    found = terminal.json("agreement", "quality")
    assert (found["percent"], found["alpha"]) == (1.0, 1.0)


def test_a_revoked_worker_cannot_take_a_task(terminal: Terminal, token: str):
    worker = terminal.json("workers", "list")["workers"][0]
    assert (worker["organisation"], worker["account"], worker["tokens"]) == ("기관가", "kim01", 1)
    assert terminal.json("workers", "revoke", worker["worker"])["revoked"] == 1
    with pytest.raises(TokenError):
        take(terminal, token)


def test_a_token_ends_when_it_was_said_to(terminal: Terminal, token: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "clock", lambda: NOON + timedelta(days=90))
    with pytest.raises(TokenError):
        take(terminal, token)


def test_an_error_of_the_queue_reaches_whoever_runs_the_command(terminal: Terminal, token: str):
    lease = take(terminal, token)
    again = ("submit", lease["task_id"], "--fencing", str(lease["fencing"]), "--token", token)
    terminal.json(*again, "좋음")
    with pytest.raises(AnsweredError):
        terminal.json(*again, "나쁨")


def test_answers_go_to_label_studio_and_come_back(terminal: Terminal, token: str, tmp_path: Path):
    lease = take(terminal, token)
    terminal.json("submit", lease["task_id"], "좋음", "--fencing", str(lease["fencing"]), "--token", token)
    assert terminal.json("label-studio", "export", "quality", str(tmp_path / "ls"))["tasks"] == 2
    assert "<Choices" in (tmp_path / "ls" / "label_config.xml").read_text()
    back = terminal.json("label-studio", "import", str(tmp_path / "ls" / "tasks.json"))
    assert back == {"added": 0, "known": 1, "refused": [], "problems": []}


@pytest.mark.parametrize(
    ("content", "words"), [(None, "no such file"), ("{", "not JSON"), ("{}", "not a Label Studio")]
)
def test_a_file_that_is_no_export_is_refused(terminal: Terminal, tmp_path: Path, content: str | None, words: str):
    path = tmp_path / "tasks.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=words):
        terminal.json("label-studio", "import", str(path))


@pytest.mark.parametrize(
    ("words", "expected"),
    [("status", "quality"), ("workers list", "kim01"), ("agreement quality", "not defined yet")],
)
def test_without_json_there_are_words_for_people(terminal: Terminal, token: str, words: str, expected: str):
    assert expected in terminal.text(*words.split())


def test_what_is_to_be_copied_stands_on_one_line(terminal: Terminal):
    lines = terminal.text("workers", "add", "기관가", "lee01").splitlines()
    token = next(line.removeprefix("token: ") for line in lines if line.startswith("token: "))
    assert "task_id: " in terminal.text("next", "quality", "--token", token)
