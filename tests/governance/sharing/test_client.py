"""Pulling: whole or not at all, verified, taken up where it broke off, and gone when it is refused."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow.dataset as ds
import pytest

from governance.records.errors import BusyError, ConfigError, IntegrityError, MalmoiError, NotFoundError, RefusedError
from governance.records.storage import exclusive
from governance.sharing.client import PullOptions, PullReport, pull
from governance.sharing.proven import verify_pull
from governance.signing import Signer
from governance.store.sources import StateChange
from tests.governance.sharing.conftest import CORPUS, NOW, Home, Served

TABLE = f"malmoi.pretrain.{CORPUS}"


class Body:
    """A member body with a profile, pulling into a directory."""

    def __init__(self, home: Home, served: Served, name: str = "body-a") -> None:
        self.home, self.profile = home, home.profile(name, served.endpoint)
        self.directory = home.root.parent / "pulled"
        self.key = home.keys.public_pem

    def pull(self, table: str = TABLE, **options: Any) -> PullReport:
        asked = PullOptions(sleep=lambda _: None, **options)
        return pull(self.profile, table, self.directory, public_key_pem=self.key, options=asked)

    def doc_ids(self) -> set[str]:
        table = ds.dataset(self.directory / "shards", format="parquet").to_table(["doc_id"])
        return set(table["doc_id"].to_pylist())

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.directory)) for p in self.directory.rglob("*") if p.is_file())

    def leftovers(self) -> list[Path]:
        return [path for path in self.directory.parent.glob(".pulled.*") if path.suffix != ".lock"]


@pytest.fixture
def body(shared: Home, serve: Callable[..., Served]) -> Body:
    return Body(shared, serve(shared.settings()))


def test_a_pull_brings_the_entitled_documents_and_whom_to_name(shared: Home, body: Body) -> None:
    report = body.pull()
    assert body.doc_ids() == shared.ids["laws"] | shared.ids["petitions"] | shared.ids["calls"]
    assert (report.documents, report.shards, report.version, report.release_id) == (120, 6, 0, "r1")
    assert report.bytes == report.fetched_bytes == sum((body.directory / f).stat().st_size for f in body.files()[3:])
    assert body.files()[:3] == ["ATTRIBUTION.md", "root.dsse.json", "shards.json"]
    text = (body.directory / "ATTRIBUTION.md").read_text()
    assert "## calls" in text and "own_approval" in text and "## wiki" not in text
    assert not body.leftovers()
    assert verify_pull(body.directory, body.key).release_id == "r1"


@pytest.mark.parametrize("name", [CORPUS, f"pretrain.{CORPUS}", TABLE])
def test_a_table_may_be_named_by_its_end(body: Body, name: str) -> None:
    assert body.pull(name).table == TABLE


def test_a_name_that_means_none_or_two_tables_is_not_found(shared: Home, body: Body) -> None:
    with pytest.raises(NotFoundError, match=f"did you mean '{CORPUS}'"):
        body.pull("hangul")
    shared.grant("body-a", purpose="evaluate")
    with pytest.raises(NotFoundError, match=r"malmoi\.evaluate\.hangeul, malmoi\.pretrain\.hangeul"):
        body.pull(CORPUS)


def test_a_second_pull_fetches_nothing_that_is_there(body: Body) -> None:
    body.pull()
    again = body.pull()
    assert (again.fetched_bytes, again.reused) == (0, 6)


def test_a_new_release_replaces_the_old_pull(shared: Home, body: Body) -> None:
    body.pull()
    shared.release("r2", salt=1000)
    report = body.pull()
    assert (report.version, report.reused) == (1, 0)
    assert all("r2-" in path for path in body.files()[3:])
    assert body.pull(version=0).release_id == "r1"


def test_a_grant_revoked_between_two_files_leaves_nothing_of_the_pull(shared: Home, body: Body) -> None:
    def revoke_after_the_first(done: int, total: int) -> None:
        if done:
            for grant in shared.store.grants.of(("team-a", "body-a")):
                shared.store.grants.revoke(grant.number, at=NOW, by="kim", because="left")

    with pytest.raises(RefusedError, match=r"the grant was revoked.*nothing of this pull was kept") as caught:
        body.pull(progress=revoke_after_the_first)
    assert caught.value.policies == ("share-grant-revoked",)
    assert not body.directory.exists()
    assert not body.leftovers()


def test_an_earlier_pull_stays_when_a_later_one_is_refused(shared: Home, body: Body) -> None:
    body.pull()
    before = body.files()
    shared.store.recipients.set_status("team-a", "suspended")
    with pytest.raises(RefusedError, match="share-programme"):
        body.pull()
    assert body.files() == before
    assert not body.leftovers()


def test_a_short_name_still_says_why_when_the_grant_has_ended(shared: Home, body: Body) -> None:
    for grant in shared.store.grants.of(("team-a", "body-a")):
        shared.store.grants.revoke(grant.number, at=NOW, by="kim", because="left")
    with pytest.raises(RefusedError) as caught:
        body.pull(CORPUS)
    assert "share-grant-revoked" in caught.value.policies


class Interrupted(Exception):
    """What stands for a kill in the middle."""


@pytest.fixture
def killed(body: Body) -> Iterator[Body]:
    """A pull that died in its fourth file."""

    def die(done: int, total: int) -> None:
        if done > total * 0.6:
            raise Interrupted

    with pytest.raises(Interrupted):
        body.pull(progress=die)
    return body


def test_a_pull_that_broke_off_goes_on_where_it_ended(killed: Body) -> None:
    assert not killed.directory.exists()
    report = killed.pull()
    assert report.reused >= 2
    assert report.fetched_bytes < report.bytes / 2
    assert verify_pull(killed.directory, killed.key)


def test_half_a_file_is_continued_by_range(shared: Home, body: Body) -> None:
    entry = shared_entry(shared, body)
    part = body.directory.with_name(".pulled.pull") / f"{entry['path']}.{entry['sha256'][:16]}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes((shared.corpus / entry["path"]).read_bytes()[: entry["bytes"] // 2])
    report = body.pull()
    assert report.fetched_bytes == report.bytes - entry["bytes"] // 2


def test_a_part_that_was_altered_is_fetched_anew(shared: Home, body: Body) -> None:
    entry = shared_entry(shared, body)
    part = body.directory.with_name(".pulled.pull") / f"{entry['path']}.{entry['sha256'][:16]}.part"
    part.parent.mkdir(parents=True)
    for wrong in (b"x" * 100, b"x" * (entry["bytes"] + 5)):
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(wrong)
        body.pull()
        assert verify_pull(body.directory, body.key)


def shared_entry(home: Home, body: Body) -> dict[str, Any]:
    body.pull()
    entry: dict[str, Any] = json.loads((body.directory / "shards.json").read_bytes())[0]
    shutil.rmtree(body.directory)
    return entry


def test_a_shard_altered_at_the_server_is_refused_by_name(shared: Home, body: Body) -> None:
    entry = shared_entry(shared, body)
    target = shared.corpus / entry["path"]
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)
    with pytest.raises(IntegrityError, match=entry["path"]):
        body.pull()
    assert not body.directory.exists()


def test_a_release_signed_by_another_key_is_refused(body: Body) -> None:
    body.key = Signer(b"z" * 32).public_pem
    with pytest.raises(IntegrityError, match="not signed by the trusted key"):
        body.pull()
    assert not body.directory.exists()


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a shard that was never signed": lambda a: a["shards"][0].update(sha256="0" * 64),
    "another number of rows": lambda a: a["shards"][0].update(rows=1),
    "another licence": lambda a: a["shards"][0].update(licence="cc0-1.0"),
    "a path that leads out": lambda a: a["shards"][0].update(path="shards/../../../x"),
    "a path that is no shard": lambda a: a["shards"][0].update(path="/etc/passwd"),
    "no proof": lambda a: a["shards"][0].pop("proof"),
    "another shard's proof": lambda a: a["shards"][0].update(proof=a["shards"][1]["proof"]),
    "an altered root": lambda a: a["envelope"].update(payload=_other_root(a["envelope"]["payload"])),
    "no envelope": lambda a: a.pop("envelope"),
    "shards of another kind": lambda a: a.update(shards=["x"]),
}


def _other_root(payload: str) -> str:
    statement = json.loads(base64.b64decode(payload))
    statement["predicate"]["merkle"]["root"] = "0" * 64
    return base64.b64encode(json.dumps(statement).encode()).decode()


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_server_that_lies_is_found_out(
    body: Body, monkeypatch: pytest.MonkeyPatch, lie: Callable[..., object]
) -> None:
    true_json = httpx.Response.json

    def lying_json(response: httpx.Response) -> Any:
        answer = true_json(response)
        if response.request.url.path.endswith("/manifest"):
            lie(answer)
        return answer

    monkeypatch.setattr(httpx.Response, "json", lying_json)
    with pytest.raises(IntegrityError):
        body.pull()
    assert not body.directory.exists()


def test_a_directory_of_somebody_else_is_left_alone(body: Body) -> None:
    body.directory.mkdir()
    (body.directory / "thesis.txt").write_text("x")
    with pytest.raises(ConfigError, match="not an earlier pull"):
        body.pull()
    assert body.files() == ["thesis.txt"]


def test_two_pulls_into_one_directory_do_not_meet(body: Body) -> None:
    with exclusive(body.directory.with_name(".pulled.lock"), "other"), pytest.raises(BusyError):
        body.pull()


def test_a_kill_between_the_two_renames_is_mended(body: Body) -> None:
    body.pull()
    before = body.files()
    body.directory.rename(body.directory.with_name(".pulled.old"))
    assert body.pull().fetched_bytes == 0
    assert body.files() == before
    assert not body.leftovers()


def test_files_that_were_withdrawn_are_not_in_the_next_pull(shared: Home, body: Body) -> None:
    body.pull()
    shared.store.sources.set_state(StateChange(CORPUS, "calls", "quarantined", "found"), at=NOW, by="kim")
    assert body.pull().shards == 4
    assert not any("calls" in path for path in body.files())
    assert "calls" not in (body.directory / "shards.json").read_text()


def test_a_pulled_directory_verifies_until_a_byte_or_a_file_changes(body: Body) -> None:
    body.pull()
    extra = body.directory / "shards" / "laws" / "kr-public-domain-art7" / "extra.parquet"
    extra.write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"extra\.parquet: not part of what was signed"):
        verify_pull(body.directory, body.key)
    extra.unlink()
    shard = body.directory / body.files()[-1]
    shard.write_bytes(shard.read_bytes() + b"x")
    with pytest.raises(IntegrityError, match="not the bytes that were signed"):
        verify_pull(body.directory, body.key)
    with pytest.raises(NotFoundError):
        verify_pull(body.directory / "shards", body.key)


def test_a_server_that_is_gone_is_reported_and_nothing_is_lost(shared: Home, tmp_path: Path) -> None:
    body = Body(shared, Served("http://127.0.0.1:9"))
    with pytest.raises(MalmoiError, match="cannot be reached"):
        body.pull()
    assert not body.directory.exists()


PROFILES: dict[str, tuple[str, str]] = {
    "not JSON": ("{", "not a profile file"),
    "a list": ("[]", "missing"),
    "no token": ('{"shareCredentialsVersion": 1, "endpoint": "https://x"}', "bearerToken missing"),
    "version 2": ('{"shareCredentialsVersion": 2, "endpoint": "https://x", "bearerToken": "geheim"}', "version 2"),
    "in the clear": ('{"shareCredentialsVersion": 1, "endpoint": "http://x.kr", "bearerToken": "geheim"}', "https"),
}


@pytest.mark.parametrize(("text", "said"), PROFILES.values(), ids=PROFILES)
def test_a_wrong_profile_is_refused_without_showing_the_token(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "p.share").write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        pull(tmp_path / "p.share", "t", tmp_path / "out", public_key_pem=b"")
    assert "geheim" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_shards_are_not_shared_between_users_of_the_machine(body: Body) -> None:
    body.pull()
    assert body.directory.stat().st_mode & 0o077 == 0
