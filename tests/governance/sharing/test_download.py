"""File bytes: every GET, HEAD and Range is authorised by itself, and recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from governance.events import Event
from governance.sharing.app import create_app
from governance.sharing.links import FileName, sign_link
from governance.store.sources import StateChange
from tests.governance.sharing.conftest import CORPUS, NOW, Home, Served
from tests.governance.sharing.test_tables import TABLE, files, home_shards

ADDRESS = "192.0.2.7"


@pytest.fixture
def http(shared: Home) -> TestClient:
    return TestClient(create_app(shared.settings()), client=(ADDRESS, 50000))


def linked(http: TestClient, bearer: str, home: Home, source: str) -> tuple[str, bytes]:
    """Link and bytes of the first shard of a source."""
    answer = http.post(f"{TABLE}/query", json={}, headers={"authorization": f"Bearer {bearer}"})
    shard = next(shard for shard in home_shards(home) if shard.source == source)
    url = next(file["url"] for file in files(answer) if file["id"] == shard.id)
    return urlsplit(url).path, (home.corpus / shard.path).read_bytes()


def events(home: Home, action: str = "share") -> list[Event]:
    return [entry.event for entry in home.events.read(actions=(action,))]


def test_a_link_gives_the_bytes_without_a_bearer_token(shared: Home, http: TestClient) -> None:
    link, data = linked(http, shared.bearer("body-a"), shared, "laws")
    answer = http.get(link)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["accept-ranges"] == "bytes"
    head = http.head(link)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(data)))


RANGES = [
    ("bytes=0-99", 206, slice(0, 100)),
    ("bytes=100-", 206, slice(100, None)),
    ("bytes=-8", 206, slice(-8, None)),
    ("bytes=-99999999", 206, slice(None)),
    ("bytes=5-99999999", 206, slice(5, None)),
    ("bytes=0-0", 206, slice(0, 1)),
    ("bytes=0-1,5-6", 200, slice(None)),
    ("items=0-1", 200, slice(None)),
    ("bytes=-", 200, slice(None)),
    ("bytes=9-3", 200, slice(None)),
]


@pytest.mark.parametrize(("asked", "status", "part"), RANGES, ids=[row[0] for row in RANGES])
def test_a_range_gives_its_bytes(shared: Home, http: TestClient, asked: str, status: int, part: slice) -> None:
    link, data = linked(http, shared.bearer("body-a"), shared, "laws")
    answer = http.get(link, headers={"range": asked})
    assert (answer.status_code, answer.content) == (status, data[part])
    if status == 206:
        start, stop, _ = part.indices(len(data))
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(data)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(shared: Home, http: TestClient, asked: str) -> None:
    link, _ = linked(http, shared.bearer("body-a"), shared, "laws")
    answer = http.get(link, headers={"range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_grant_revoked_between_two_ranges_stops_the_second(shared: Home, http: TestClient) -> None:
    link, data = linked(http, shared.bearer("body-a"), shared, "laws")
    assert http.get(link, headers={"range": "bytes=0-99"}).content == data[:100]
    grant = shared.store.grants.of(("team-a",))[0]
    shared.store.grants.revoke(grant.number, at=NOW, by="kim", because="left")
    answer = http.get(link, headers={"range": "bytes=100-"})
    assert (answer.status_code, answer.json()["policies"]) == (403, ["share-grant-revoked"])
    assert "the grant was revoked [share-grant-revoked]" in answer.json()["message"]
    assert data[100:200] not in answer.content


STOPS: dict[str, tuple[Callable[[Home, str], object], int, str]] = {
    "its token is revoked": (lambda h, t: h.store.tokens.revoke(t, at=NOW), 401, "auth-token-revoked"),
    "its token expires": (lambda h, t: setattr(h.clock, "now", NOW + timedelta(days=6)), 401, "auth-token-expired"),
    "its consortium leaves": (lambda h, t: h.store.recipients.set_status("team-a", "left"), 403, "share-programme"),
    "the source is suspended": (
        lambda h, t: h.store.sources.set_state(StateChange(CORPUS, "laws", "suspended", "r"), at=NOW, by="kim"),
        403,
        "share-suspended",
    ),
}


@pytest.mark.parametrize(("stop", "status", "policy"), STOPS.values(), ids=STOPS)
def test_a_link_stops_working_when(
    shared: Home, http: TestClient, stop: Callable[[Home, str], object], status: int, policy: str
) -> None:
    issued = shared.store.tokens.issue("body-a", at=NOW, expires_at=NOW + timedelta(days=5))
    link, _ = linked(http, issued.bearer, shared, "laws")
    assert http.get(link).status_code == 200
    stop(shared, issued.token.id)
    answer = http.get(link)
    assert answer.status_code == status
    assert policy in answer.json()["policies"] or answer.json()["policies"] == ["auth-link-expired"]


def test_the_token_of_one_on_the_file_of_another_is_refused(shared: Home, http: TestClient) -> None:
    wiki = next(shard for shard in home_shards(shared) if shard.source == "wiki")
    bearer = shared.bearer("body-a")
    answer = http.get(f"{TABLE}/versions/0/files/{wiki.id}.parquet", headers={"authorization": f"Bearer {bearer}"})
    assert (answer.status_code, answer.json()["policies"]) == (403, ["share-no-grant"])
    own = http.get(
        f"{TABLE}/versions/0/files/{wiki.id}.parquet", headers={"authorization": f"Bearer {shared.bearer('team-b')}"}
    )
    assert own.status_code == 200


def test_a_link_of_ones_own_token_to_the_file_of_another_is_refused(shared: Home, http: TestClient) -> None:
    """Even a link that is signed opens nothing that the grant does not."""
    wiki = next(shard for shard in home_shards(shared) if shard.source == "wiki")
    token = shared.store.tokens.issue("body-a", at=NOW, expires_at=NOW + timedelta(days=5)).token
    file = FileName("pretrain", CORPUS, 0, wiki.id)
    link = sign_link(b"l" * 32, token.id, file, NOW + timedelta(days=1))
    answer = http.get(f"/delta-sharing/files/{link}/pretrain/{CORPUS}/0/{wiki.id}.parquet")
    assert (answer.status_code, answer.json()["policies"]) == (403, ["share-no-grant"])


def test_a_link_moved_to_another_file_purpose_or_version_is_refused(shared: Home, http: TestClient) -> None:
    link, _ = linked(http, shared.bearer("body-a"), shared, "laws")
    other = next(shard for shard in home_shards(shared) if shard.source == "petitions")
    moved = {
        "file": link.rpartition("/")[0] + f"/{other.id}.parquet",
        "purpose": link.replace("/pretrain/", "/evaluate/"),
        "version": link.replace(f"{CORPUS}/0/", f"{CORPUS}/1/"),
        "token": link.replace("/files/", "/files/a"),
    }
    for what, path in moved.items():
        answer = http.get(path)
        assert (answer.status_code, answer.json()["policies"]) == (401, ["auth-link-invalid"]), what


def test_a_file_that_is_no_more_is_not_found(shared: Home, http: TestClient) -> None:
    link, _ = linked(http, shared.bearer("body-a"), shared, "laws")
    shard = next(shard for shard in home_shards(shared) if shard.source == "laws")
    (shared.corpus / shard.path).unlink()
    assert http.get(link).status_code == 404
    assert events(shared, "share.pull")[-1].outcome == "failed"


def test_every_get_is_recorded_with_what_the_law_asks(shared: Home, http: TestClient) -> None:
    issued = shared.store.tokens.issue("body-a", at=NOW, expires_at=NOW + timedelta(days=5))
    link, _ = linked(http, issued.bearer, shared, "laws")
    for asked in ("bytes=0-9", "bytes=10-19", None):
        http.get(link, headers={"range": asked} if asked else {})
    shard = next(shard for shard in home_shards(shared) if shard.source == "laws")
    grant = shared.store.grants.of(("team-a",))[0]
    pulled = events(shared, "share.pull")
    assert len(pulled) == 3
    for event in pulled:
        assert (event.actor, event.at, event.origin) == ("body-a", NOW, ADDRESS)
        assert event.subjects == (
            f"account:{issued.token.id}",
            f"corpus:{CORPUS}",
            f"table:malmoi/pretrain/{CORPUS}",
            f"shard:{shard.path}",
        )
        assert (event.documents, event.grant, event.policies) == (20, grant.id, ("share-granted",))
        assert event.outcome == "done"
    assert shared.events.check() is None


def test_no_token_and_no_link_stands_in_the_log(shared: Home, http: TestClient) -> None:
    bearer = shared.bearer("body-a")
    link, _ = linked(http, bearer, shared, "laws")
    http.get(link)
    http.get("/delta-sharing/shares", headers={"authorization": f"Bearer {bearer}x"})
    log = (shared.root / "state" / "events.jsonl").read_text()
    assert bearer.rpartition("_")[2] not in log
    assert link.split("/files/")[1].split("/")[0].rpartition(".")[2] not in log


def test_after_five_guesses_an_address_is_locked_out_whatever_it_presents(shared: Home, http: TestClient) -> None:
    good = {"authorization": f"Bearer {shared.bearer('body-a')}"}
    for _ in range(5):
        answer = http.get("/delta-sharing/shares", headers={"authorization": "Bearer mlm_a_b"})
        assert (answer.status_code, answer.json()["policies"]) == (401, ["auth-token-invalid"])
    answer = http.get("/delta-sharing/shares", headers=good)
    assert (answer.status_code, answer.json()["policies"]) == (403, ["auth-locked"])
    shared.clock.now += timedelta(minutes=16)
    assert http.get("/delta-sharing/shares", headers=good).status_code == 200
    refused = [event for event in events(shared, "share.authenticate") if event.outcome == "refused"]
    assert [event.policies for event in refused] == [("auth-token-invalid",)] * 5 + [("auth-locked",)]
    assert {event.actor for event in refused} == {"anonymous"}


def test_guessed_links_lock_out_too(shared: Home, http: TestClient) -> None:
    for _ in range(5):
        http.get(f"/delta-sharing/files/a.zz.b/pretrain/{CORPUS}/0/x.parquet")
    assert http.get(f"/delta-sharing/files/a.zz.b/pretrain/{CORPUS}/0/x.parquet").json()["policies"] == ["auth-locked"]


@pytest.mark.parametrize("header", [{}, {"authorization": "Basic abc"}, {"authorization": "Bearer "}])
def test_a_caller_without_a_token_is_told_so_and_not_locked_out(http: TestClient, header: dict[str, str]) -> None:
    for _ in range(6):
        answer = http.get("/delta-sharing/shares", headers=header)
        assert (answer.status_code, answer.json()["policies"]) == (401, ["auth-token-missing"])
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_download_under_way_is_cut_when_the_grant_is_revoked(shared: Home, serve: Callable[..., Served]) -> None:
    """One long GET, no second request: the bytes stop in the middle."""
    shard = next(shard for shard in home_shards(shared) if shard.source == "laws")
    # Larger than what the sockets between us hold, so that the server cannot be done before we have looked.
    size = 64 << 20
    with (shared.corpus / shard.path).open("ab") as file:
        file.truncate(size)
    served = serve(shared.settings(recheck_bytes=1 << 20))
    url = f"{served.base}{TABLE}/versions/0/files/{shard.id}.parquet"
    headers = {"authorization": f"Bearer {shared.bearer('body-a')}"}
    grant = shared.store.grants.of(("team-a",))[0]
    got = 0
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("GET", url, headers=headers) as response,
    ):
        for chunk in response.iter_raw():
            if not got:
                shared.store.grants.revoke(grant.number, at=NOW, by="kim", because="left")
            got += len(chunk)
    assert 0 < got < size
    last = events(shared, "share.pull")[-1]
    assert (last.outcome, last.policies) == ("refused", ("share-grant-revoked",))
