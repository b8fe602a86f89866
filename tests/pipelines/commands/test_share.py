"""`malmoi share` as an officer uses it, from the first recipient to a revocation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from governance.events import EventLog
from governance.records.errors import ConfigError, MalmoiError, NotFoundError
from pipelines.commands.share import app
from tests.governance.sharing.conftest import CORPUS, Home, home  # noqa: F401 - the fixture


class Office:
    """Runs commands in one installation."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *arguments: str) -> Any:
        result = CliRunner().invoke(app, [*arguments, "--home", str(self.root), "--json"], catch_exceptions=True)
        if isinstance(result.exception, MalmoiError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def say(self, *arguments: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--home", str(self.root)])
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def office(home: Home) -> Office:  # noqa: F811
    home.release()
    return Office(home.root)


@pytest.fixture
def granted(office: Office) -> Office:
    office.run("register", "team-a", "--title", "가 컨소시엄")
    office.run("register", "body-a", "--consortium", "team-a")
    office.run(
        "grant", "team-a", CORPUS, "--sources", "laws, petitions", "--from", "2026-01-01", "--until", "2099-12-31"
    )
    return office


def test_an_officer_registers_grants_explains_and_revokes(granted: Office) -> None:
    def given() -> dict[str, str]:
        return {line["source"]: line["effect"] for line in granted.run("explain", "body-a", CORPUS)}

    assert given() == {"laws": "allow", "petitions": "allow", "reviews": "deny", "calls": "deny", "wiki": "deny"}
    grant = granted.run("recipients")[1]["grants"][0]
    assert (grant["id"], grant["sources"]) == ("G-1", ["laws", "petitions"])
    granted.run("revoke", "G-1", "--because", "left the programme")
    assert set(given().values()) == {"deny"}
    lines = granted.run("explain", "body-a", CORPUS)
    assert lines[1]["policies"] == ["share-grant-revoked"]
    assert lines[1]["reasons_ko"] == ["제공 승인이 철회되었습니다"]


def test_a_profile_is_its_owners_alone_and_is_shown_nowhere(granted: Office, tmp_path: Path) -> None:
    file = tmp_path / "body-a.share"
    said = granted.say("profile", "body-a", str(file), "--days", "3")
    token = json.loads(file.read_text())["bearerToken"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in said
    assert token not in json.dumps(granted.run("recipients"), default=str)
    token_id = granted.run("recipients")[0]["tokens"][0]["id"]
    assert granted.run("revoke", token_id, "--because", "lost")["revoked_at"]


def test_what_officers_do_is_in_the_event_log(granted: Office, tmp_path: Path) -> None:
    granted.run("profile", "body-a", str(tmp_path / "p"))
    granted.run("status", "team-a", "suspended")
    granted.run("revoke", "G-1", "--because", "left", "--by", "kim")
    log = EventLog(granted.root / "state" / "events.jsonl")
    actions = [entry.event.action for entry in log.read(actions=("share",))]
    assert actions == [
        "share.register",
        "share.register",
        "share.grant",
        "share.profile",
        "share.status",
        "share.revoke",
    ]
    assert [entry.event.actor for entry in log.read(actions=("share.revoke",))] == ["kim"]
    assert log.check() is None


def test_people_get_tables_with_korean_reasons(granted: Office) -> None:
    assert "G-1" in granted.say("recipients")
    said = granted.say("explain", "team-a", CORPUS)
    assert "yes, G-1" in said
    assert "no: share-no-grant" in said
    assert "share-no-grant: 이 목적으로 이 자료를 제공하는 승인이 없습니다 · no grant covers" in said
    assert "petitions: attribution" in said


WRONG: dict[str, tuple[list[str], type[MalmoiError], str]] = {
    "an unknown recipient": (["grant", "taem-a", CORPUS], NotFoundError, "did you mean 'team-a'"),
    "an unknown corpus": (["grant", "team-a", "hangul"], ConfigError, "did you mean 'hangeul'"),
    "an unknown source": (["grant", "team-a", CORPUS, "--sources", "law"], ConfigError, "did you mean 'laws'"),
    "a day that is none": (["grant", "team-a", CORPUS, "--until", "2027-02-30"], ConfigError, "2026-12-31"),
    "an unknown grant": (["revoke", "G-9", "--because", "x"], NotFoundError, "G-9"),
    "an unknown token": (["revoke", "abc", "--because", "x"], NotFoundError, "token abc"),
    "an unknown status": (["status", "team-a", "gone"], ConfigError, "active, suspended or left"),
    "no such version": (["explain", "team-a", CORPUS, "--version", "7"], NotFoundError, "version 7"),
}


@pytest.mark.parametrize(("arguments", "kind", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(granted: Office, arguments: list[str], kind: type[MalmoiError], said: str) -> None:
    with pytest.raises(kind, match=said):
        granted.run(*arguments)
