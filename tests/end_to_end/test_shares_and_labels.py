"""Consortia and labellers at one server: what each gets, what stops at once, and what is written down about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import delta_sharing
import httpx
import polars as pl
import pytest
import yaml

from governance.delta import live_shards
from governance.events import Event, EventLog
from governance.gates import korean_day
from governance.terms import Terms, parse_terms
from pipelines.families import ROOT
from pipelines.home import Home
from tests.end_to_end.commands import invoke
from tests.end_to_end.server import serving

# The client passes pandas an argument that pandas 3 no longer reads; it is not ours to change.
pytestmark = pytest.mark.filterwarnings("ignore:The copy keyword is deprecated")

TABLE = "/delta-sharing/shares/malmoi/schemas/pretrain/tables/demo"


@dataclass(frozen=True)
class Body:
    """A recipient as the test registers it."""

    name: str
    commercial: bool
    options: tuple[str, ...] = ()
    approved: bool = False
    sources: tuple[str, ...] = ()


# A trains commercial models and has an approval of its own; B does not sell, and was given some sources only.
A = Body("team-a", True, ("--approval", "AP-2026-11"), approved=True)
B = Body(
    "team-b",
    False,
    ("--sources", "letter-mirror,paper-records,office-letters,call-centre,call-transcripts,mail-archive"),
    sources=("letter-mirror", "paper-records", "office-letters", "call-centre", "call-transcripts", "mail-archive"),
)


def _terms() -> dict[str, Terms]:
    """Terms of the demo's sources, read from their files."""
    found = {}
    for path in (ROOT / "configs" / "sources" / "demo").glob("*.yaml"):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        found[spec["name"]] = parse_terms(spec["name"], spec["terms"])
    return found


def _may(body: Body, source: str, terms: Terms, day: date) -> bool:
    """What terms and grant say, in our own words: no policy is asked."""
    return (
        (not body.sources or source in body.sources)
        and "pretrain" in terms.purposes
        and terms.training
        and (terms.commercial or not body.commercial)
        and (terms.derivatives or terms.agreement is not None)
        and (not terms.approval_required or body.approved)
        and (terms.expires is None or day <= terms.expires)
    )


@dataclass(frozen=True)
class Shared:
    """A served demo with both bodies registered, granted and given profiles."""

    home: Home
    url: str
    profiles: Mapping[str, Path]

    def bearer(self, body: Body) -> dict[str, str]:
        token = json.loads(self.profiles[body.name].read_text(encoding="utf-8"))["bearerToken"]
        return {"authorization": f"Bearer {token}"}

    def client(self, body: Body) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=self.bearer(body))

    def files(self, body: Body) -> list[dict[str, Any]]:
        with self.client(body) as client:
            answer = client.post(f"{TABLE}/query", json={})
        assert answer.status_code == 200, answer.text
        return [json.loads(line)["file"] for line in answer.text.splitlines()[2:]]

    def events(self, action: str) -> list[Event]:
        return [entry.event for entry in EventLog(self.home.events).read(actions=(action,))]

    def command(self, *arguments: str) -> Any:
        done = invoke(*arguments, "--home", str(self.home.root), "--json")
        assert done.code == 0, done.err
        return done.json


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, demo_home: Home) -> Iterator[Shared]:
    directory = tmp_path_factory.mktemp("shares")
    shutil.copytree(demo_home.root, directory / "home", symlinks=True)
    home = Home.of(directory / "home")
    with serving(home) as url:
        served = Shared(home, url, {b.name: directory / f"{b.name}.share" for b in (A, B)})
        for body in (A, B):
            kind = "--commercial" if body.commercial else "--no-commercial"
            served.command("share", "register", body.name, kind)
            served.command("share", "grant", body.name, "demo", *body.options)
            profile = str(served.profiles[body.name])
            served.command("share", "profile", body.name, profile, "--endpoint", f"{url}/delta-sharing")
        yield served


@pytest.fixture(scope="module")
def documents(demo_home: Home) -> pl.DataFrame:
    """doc_id and source of everything that was released."""
    root = demo_home.corpus("demo")
    return pl.concat(pl.read_parquet(root / s.path, columns=["doc_id", "source"]) for s in live_shards(root))


def _expected(body: Body, documents: pl.DataFrame) -> set[str]:
    day = korean_day(datetime.now(UTC))
    sources = [name for name, terms in _terms().items() if _may(body, name, terms, day)]
    return set(documents.filter(pl.col("source").is_in(sources))["doc_id"])


def test_each_gets_exactly_the_documents_that_terms_and_grants_allow(shared: Shared, documents: pl.DataFrame) -> None:
    got = {}
    for body in (A, B):
        table = f"{shared.profiles[body.name]}#malmoi.pretrain.demo"
        got[body.name] = set(delta_sharing.load_as_pandas(table)["doc_id"])
        assert got[body.name] == _expected(body, documents)
    assert got["team-a"] - got["team-b"] and got["team-b"] - got["team-a"]


def test_what_explain_says_is_what_is_given(shared: Shared, documents: pl.DataFrame) -> None:
    for body in (A, B):
        lines = shared.command("share", "explain", body.name, "demo")
        given = sum(line["documents"] for line in lines if line["effect"] == "allow")
        assert given == len(_expected(body, documents))
        assert all(line["policies"] and line["reasons"] for line in lines if line["effect"] != "allow")


def _policies(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 403, answer.text
    return answer.json()["policies"]


def test_another_ones_token_on_a_file_is_refused_with_the_policy(shared: Shared) -> None:
    (mine, *_) = [f for f in shared.files(A) if f["id"] not in {g["id"] for g in shared.files(B)}]
    version = urlsplit(mine["url"]).path.split("/")[-2]
    with shared.client(B) as client:
        refused = client.get(f"{TABLE}/versions/{version}/files/{mine['id']}.parquet")
    assert set(_policies(refused)) <= {"share-no-grant", "share-approval"}


def test_a_link_opens_its_own_file_and_no_other(shared: Shared) -> None:
    own = {f["id"]: f["url"] for f in shared.files(B)}
    foreign = next(f["id"] for f in shared.files(A) if f["id"] not in own)
    file_id, url = next(iter(own.items()))
    with httpx.Client() as client:
        assert client.get(url).status_code == 200
        assert client.get(url.replace(file_id, foreign)).status_code in (401, 403)


def test_a_grant_revoked_between_two_ranges_of_a_file_ends_the_download(shared: Shared, tmp_path: Path) -> None:
    late = Body("team-late", True)
    shared.command("share", "register", late.name)
    grant = shared.command("share", "grant", late.name, "demo")["id"]
    profile = tmp_path / "late.share"
    shared.command("share", "profile", late.name, str(profile), "--endpoint", f"{shared.url}/delta-sharing")
    asking = Shared(shared.home, shared.url, {late.name: profile})
    url = max(asking.files(late), key=lambda file: file["size"])["url"]
    with httpx.Client() as client:
        assert client.get(url, headers={"range": "bytes=0-99"}).status_code == 206
        shared.command("share", "revoke", grant, "--because", "contract ended")
        assert _policies(client.get(url, headers={"range": "bytes=100-199"})) == ["share-grant-revoked"]


def test_every_get_is_written_down_with_what_the_law_asks(shared: Shared, documents: pl.DataFrame) -> None:
    file = shared.files(B)[0]
    before = len(shared.events("share.pull"))
    started = datetime.now(UTC)
    with httpx.Client() as client:
        size = len(client.get(file["url"]).content)
        client.get(file["url"], headers={"range": f"bytes=0-{size // 2}"})
    given = shared.events("share.pull")[before:]
    assert len(given) == 2
    for event in given:
        kinds = {subject.partition(":")[0]: subject.partition(":")[2] for subject in event.subjects}
        shard = pl.read_parquet(shared.home.corpus("demo") / kinds["shard"])
        assert (event.actor, event.origin, event.outcome) == ("team-b", "127.0.0.1", "done")
        assert started - timedelta(seconds=1) <= event.at <= datetime.now(UTC)
        assert event.documents == shard.height > 0
        assert event.grant == "G-2" and event.policies == ("share-granted",)
        assert kinds["account"] and kinds["corpus"] == "demo" and kinds["table"] == "malmoi/pretrain/demo"
    (pull,) = [p for p in shared.command("audit", "pulls", "--recipient", "team-b") if p["shard"] == kinds["shard"]]
    assert pull["documents"] == shard.height and pull["requests"] >= 2


def test_a_refused_get_is_written_down_with_its_policy(shared: Shared) -> None:
    (foreign, *_) = [f for f in shared.files(A) if f["id"] not in {g["id"] for g in shared.files(B)}]
    version = urlsplit(foreign["url"]).path.split("/")[-2]
    with shared.client(B) as client:
        policies = _policies(client.get(f"{TABLE}/versions/{version}/files/{foreign['id']}.parquet"))
    last = shared.events("share")[-1]
    assert (last.actor, last.origin, last.outcome) == ("team-b", "127.0.0.1", "refused")
    assert sorted(last.policies) == sorted(policies) and last.documents == 0


@pytest.fixture
def labelled(shared: Shared, tmp_path: Path) -> Iterator[tuple[Shared, httpx.Client]]:
    """A fresh copy of the served demo, and a labeller of an organisation with a contract."""
    shutil.copytree(shared.home.root, tmp_path / "home", symlinks=True)
    home = Home.of(tmp_path / "home")
    with serving(home) as url:
        served = Shared(home, url, shared.profiles)
        served.command("share", "register", "labs")
        served.command("share", "grant", "labs", "demo", "--purpose", "label", "--approval", "AP-7")
        token = served.command("queue", "workers", "add", "labs", "kim")["token"]
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as client:
            yield served, client


def _lease(client: httpx.Client) -> dict[str, Any]:
    leased = client.post("/label/api/projects/quality/next")
    assert leased.status_code == 200, leased.text
    return leased.json()


def test_a_labeller_sees_the_released_text_and_it_is_written_down(labelled: tuple[Shared, httpx.Client]) -> None:
    served, client = labelled
    leased = _lease(client)
    doc_id = leased["text"]["doc_id"]
    (place,) = served.command("trace", doc_id)[0]["places"]
    row = pl.read_parquet(served.home.corpus("demo") / place["shard"]).row(place["row"], named=True)
    assert row["doc_id"] == doc_id and leased["text"]["body"] == row["text"]
    (event,) = [e for e in served.events("label.lease") if f"doc:{doc_id}" in e.subjects]
    assert (event.actor, event.documents) == ("labs", 1) and f"shard:{place['shard']}" in event.subjects


def test_personal_data_found_by_a_labeller_stops_the_shard_at_once(labelled: tuple[Shared, httpx.Client]) -> None:
    served, client = labelled
    leased = _lease(client)
    (place,) = served.command("trace", leased["text"]["doc_id"])[0]["places"]
    listed = {f["id"]: f["url"] for body in (A, B) for f in served.files(body)}
    before = {body.name: {f["id"] for f in served.files(body)} for body in (A, B)}
    task, body = leased["lease"]["task_id"], {"fencing": leased["lease"]["fencing"], "kind": "contact"}
    assert client.post(f"/label/api/tasks/{task}/pii", json=body).status_code == 200
    after = {body.name: {f["id"] for f in served.files(body)} for body in (A, B)}
    gone = (before["team-a"] | before["team-b"]) - (after["team-a"] | after["team-b"])
    assert len(gone) == 1
    with httpx.Client() as anyone:
        assert _policies(anyone.get(listed[gone.pop()])) == ["share-quarantined"]
    (event,) = served.events("shard.quarantine")
    assert f"shard:{place['shard']}" in event.subjects
    refused = served.command("share", "explain", "team-a", "demo")
    assert {p for line in refused for p in line["policies"]} >= {"share-quarantined"}


def test_no_more_texts_of_a_quarantined_shard_are_shown(labelled: tuple[Shared, httpx.Client]) -> None:
    served, client = labelled
    leased = _lease(client)
    (place,) = served.command("trace", leased["text"]["doc_id"])[0]["places"]
    task, body = leased["lease"]["task_id"], {"fencing": leased["lease"]["fencing"], "kind": "contact"}
    assert client.post(f"/label/api/tasks/{task}/pii", json=body).status_code == 200
    shown = []
    while (answer := client.post("/label/api/projects/quality/next")).status_code == 200 and answer.json()["lease"]:
        lease = answer.json()
        shown.append(lease["text"]["doc_id"])
        done = {"fencing": lease["lease"]["fencing"], "answer": "보통"}
        client.post(f"/label/api/tasks/{lease['lease']['task_id']}/submit", json=done)
    places = {p["shard"] for doc_id in shown for p in served.command("trace", doc_id)[0]["places"]}
    assert shown and place["shard"] not in places
