"""Personal data found in a release: stopped at once, told to whoever has it, destroyed, and served again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from governance.delta import live_shards
from governance.keys import KeyStore
from governance.signing import open_envelope
from governance.verify import verify_release
from pipelines.discovering import copies_of, open_discoveries
from pipelines.finding import by_native_id
from pipelines.home import Home
from tests.end_to_end.commands import invoke
from tests.end_to_end.conftest import TERMS, World, documents, letter
from tests.end_to_end.server import serving
from tests.end_to_end.test_erase import _found as places_with

MISSED = "달빛마을의 셋째 아이"  # what no recogniser looks for
TABLE = "/delta-sharing/shares/malmoi/schemas/pretrain/tables/test"
OTHER_TERMS = {**TERMS, "licence": "CC-BY-SA-4.0"}


@dataclass
class Found:
    """A served release, a recipient who pulled it, and the document with what was missed."""

    world: World
    home: Home
    doc_id: str
    profile: Path
    url: str

    def command(self, *arguments: str) -> Any:
        done = invoke(*arguments, "--home", str(self.home.root), "--json")
        assert done.code == 0, done.err
        return done.json

    def span(self) -> str:
        (entry,) = self.command("trace", self.doc_id, "--show")
        start = entry["text"].index(MISSED)
        return f"{start}:{start + len(MISSED)}"

    def shard(self) -> str:
        (entry,) = self.command("trace", self.doc_id)
        return entry["places"][-1]["shard"]

    def pull(self, directory: Path) -> Any:
        key = str(self.home.public_key)
        return invoke("pull", str(self.profile), "test", str(directory), "--key", key, "--json")

    def files(self) -> dict[str, str]:
        token = json.loads(self.profile.read_text(encoding="utf-8"))["bearerToken"]
        with httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {token}"}) as client:
            answer = client.post(f"{TABLE}/query", json={})
            lines = [json.loads(line) for line in answer.text.splitlines()[2:]]
            return {line["file"]["id"]: line["file"]["url"] for line in lines}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("discovered"))
    world.settings["publish"] = {"shard_bytes": 9_000}
    world.jsonl("letters", [{"id": "held", "text": letter(9_000) + f"\n{MISSED}가 보낸 글입니다."}, *documents(12)])
    world.jsonl(
        "mirror", [{"id": "copy", "text": letter(9_000) + f"\n{MISSED}가 보낸 글입니다. 끝."}], terms=OTHER_TERMS
    )
    world.run()
    return world


@pytest.fixture
def found(released: World, tmp_path: Path) -> Iterator[Found]:
    shutil.copytree(released.home.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    doc_id = by_native_id(home, KeyStore.open(home.keys), "held")[0].doc_id
    with serving(home) as url:
        made = Found(released, home, doc_id, tmp_path / "team.share", url)
        made.command("share", "register", "team-a", "--no-commercial")
        made.command("share", "grant", "team-a", "test")
        made.command("share", "profile", "team-a", str(made.profile), "--endpoint", f"{url}/delta-sharing")
        assert made.pull(tmp_path / "pulled").code == 0
        yield made


def test_a_discovery_stops_its_shards_at_once_and_names_who_has_them(found: Found, tmp_path: Path) -> None:
    before = found.files()
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    stopped = {place["shard"] for place in said["shards"]}
    # The copy under other terms is the same text: its shard is stopped as well.
    assert len(stopped) == 2 and len(said["copies"]) == 1 and found.shard() in stopped
    assert sorted(said["recipients"]["team-a"]) == sorted(stopped)
    after = found.files()
    assert len(before) - len(after) == 2
    refused = [httpx.get(url) for file, url in before.items() if file not in after]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert all(answer.json()["policies"] == ["share-quarantined"] for answer in refused)
    assert all("personal data were found in it" in answer.json()["message"] for answer in refused)
    again = found.pull(tmp_path / "pulled")
    assert again.code == 0 and set(again.json["withheld"]) == stopped
    assert not any((tmp_path / "pulled" / path).exists() for path in stopped)


def test_verify_trace_and_the_log_say_so_and_the_statement_is_signed(found: Found) -> None:
    said = found.command("pii", "found", found.doc_id, "--span", found.span())
    (entry,) = found.command("trace", found.doc_id)
    assert "quarantined" in entry["state"] and entry["places"][-1]["quarantined"]
    verified = found.command("verify", "test", "--key", str(found.home.public_key))
    assert verified["ok"] and verified["quarantined"] == sorted(place["shard"] for place in said["shards"])
    shown = invoke("verify", "test", "--key", str(found.home.public_key), "--home", str(found.home.root))
    assert shown.code == 0 and "not served" in " ".join(shown.out.split())
    (event,) = found.command("audit", "log", "--action", "shard.quarantine")
    assert f"doc:{found.doc_id}" in event["subjects"] and event["documents"] == 2
    path = found.home.state / "discoveries" / f"{said['discovery']}.dsse.json"
    statement = open_envelope(path.read_bytes(), found.home.public_key.read_bytes(), "discovery")
    assert statement["predicate"]["span"] == said["span"] and MISSED not in path.read_text(encoding="utf-8")
    assert [one["discovery"] for one in found.command("pii", "found")] == [said["discovery"]]


def test_rewriting_destroys_it_everywhere_and_serves_the_shard_again(found: Found, tmp_path: Path) -> None:
    root, key = found.home.corpus("test"), found.home.public_key.read_bytes()
    first = verify_release(root, "latest", key).release_id
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    assert places_with(found.home, (MISSED,)) != []
    done = found.command("pii", "rewrite", said["discovery"], "--basis", "R-9")
    assert sorted(done["documents"]) == sorted([found.doc_id, *said["copies"]]) and done["staged_rows"] == 2
    assert places_with(found.home, (MISSED,)) == []
    assert len(found.files()) == len(live_shards(found.home.corpus("test")))
    (entry,) = found.command("trace", found.doc_id, "--show")
    assert entry["state"] == "released" and "[이름]가 보낸 글입니다." in entry["text"]
    assert ("protect", "discovery@1", said["discovery"]) in {
        (d["stage"], d["rule"], d["related"]) for d in entry["decisions"]
    }
    verify_release(root, "latest", key).require()
    assert f"altered by discovery {said['discovery']}" in verify_release(root, first, key).notes
    pulled = found.pull(tmp_path / "pulled")
    assert pulled.code == 0 and pulled.json["withheld"] == []
    assert found.command("pii", "found") == []


def test_a_rewritten_row_says_what_was_destroyed_and_no_other_row_changes(found: Found) -> None:
    before = _rows(found.home)
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    found.command("pii", "rewrite", said["discovery"], "--basis", "R-9")
    after = _rows(found.home)
    ours = {found.doc_id, *said["copies"]}
    assert {k: v for k, v in after.items() if k not in ours} == {k: v for k, v in before.items() if k not in ours}
    row, old = after[found.doc_id], before[found.doc_id]
    assert row["text"] == old["text"].replace(MISSED, "[이름]") and row["chars"] == len(row["text"])
    counted = [{c["kind"]: c["count"] for c in r["pii"]["counts"]}.get("name", 0) for r in (old, row)]
    assert counted[1] == counted[0] + 1


def _rows(home: Home) -> dict[str, dict[str, Any]]:
    root = home.corpus("test")
    tables = [pq.read_table(root / shard.path) for shard in live_shards(root)]
    return {row["doc_id"]: row for table in tables for row in table.to_pylist()}


def test_a_later_run_neither_serves_nor_brings_back_what_was_found(found: Found) -> None:
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    world = World(found.world.root, found.world.sources, {**found.world.settings, "protect": {"epoch": "2"}})
    world.run(home=found.home)
    # Every shard was written anew, under another key, and the discovery still holds.
    assert found.shard() not in {place["shard"] for place in said["shards"]}
    (entry,) = found.command("trace", found.doc_id)
    assert "quarantined" in entry["state"] and MISSED not in json.dumps(entry, ensure_ascii=False)
    again = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    found.command("pii", "rewrite", again["discovery"], "--basis", "R-9")
    assert places_with(found.home, (MISSED,)) == []
    World(found.world.root, found.world.sources, {**found.world.settings, "protect": {"epoch": "3"}}).run(
        home=found.home
    )
    assert places_with(found.home, (MISSED,)) == [] and found.doc_id in _rows(found.home)


def test_the_same_recipe_run_again_leaves_the_rewritten_release_as_it_was_signed(found: Found) -> None:
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    done = found.command("pii", "rewrite", said["discovery"], "--basis", "R-9")
    root, key = found.home.corpus("test"), found.home.public_key.read_bytes()
    (release,) = [made["release"] for made in done["releases"]]
    World(found.world.root, found.world.sources, found.world.settings).run(home=found.home)
    assert verify_release(root, release, key).ok and verify_release(root, "latest", key).ok
    assert places_with(found.home, (MISSED,)) == [] and "[이름]가" in _rows(found.home)[found.doc_id]["text"]
    (entry,) = found.command("trace", found.doc_id)
    assert entry["state"] == "released"


def test_a_false_finding_is_cleared_and_an_erasure_ends_one_as_well(found: Found) -> None:
    said = found.command("pii", "found", found.doc_id)
    for place in said["shards"]:
        found.command("pii", "clear", place["shard"], "--basis", "REV-1")
    assert len(found.files()) == len(live_shards(found.home.corpus("test")))
    assert open_discoveries(found.home, KeyStore.open(found.home.keys)) == []
    found.command("pii", "found", found.doc_id, "--kind", "phone")
    found.command("erase", found.doc_id, "--basis", "REQ-1", "--yes")
    assert found.command("pii", "found") == []
    assert found.doc_id not in _rows(found.home)
    assert len(found.files()) == len(live_shards(found.home.corpus("test")))


def test_another_discovery_in_the_same_shard_keeps_it_stopped(found: Found) -> None:
    shard = found.shard()
    other = next(
        row for row in pq.read_table(found.home.corpus("test") / shard).to_pylist() if row["doc_id"] != found.doc_id
    )["doc_id"]
    found.command("pii", "found", other, "--kind", "phone")
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    found.command("pii", "rewrite", said["discovery"], "--basis", "R-9")
    (entry,) = found.command("trace", other)
    assert "quarantined" in entry["state"] and entry["places"][-1]["shard"] != shard


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("found", "{doc}", "--kind", "fone"), 2, "did you mean 'phone'?"),
        (("found", "{doc}", "--span", "a:b"), 2, "two whole numbers"),
        (("found", "{doc}", "--span", "0:99999"), 2, "code points"),
        (("found", "{doc}", "--field", "body"), 2, "text, title, url, author"),
        (("found", "a" * 26), 6, "in no release"),
        (("rewrite", "D-nothing"), 6, "no open discovery"),
        (("clear", "shards/a/b/c.parquet", "--basis", "R"), 6, "not quarantined"),
        (("clear", "shards/a/b/c.parquet"), 2, "--basis"),
    ],
)
def test_a_wrong_order_is_a_clear_error(found: Found, arguments: tuple[str, ...], code: int, says: str) -> None:
    given = [argument.format(doc=found.doc_id) for argument in arguments]
    failed = invoke("pii", *given, "--home", str(found.home.root))
    assert failed.code == code and says in failed.err


def test_rewriting_without_a_ground_or_a_span_changes_nothing(found: Found) -> None:
    home = ("--home", str(found.home.root))
    plain = found.command("pii", "found", found.doc_id, "--kind", "phone")
    assert invoke("pii", "rewrite", plain["discovery"], "--basis", "R-9", *home).code == 2
    said = found.command("pii", "found", found.doc_id, "--span", found.span())
    refused = invoke("pii", "rewrite", said["discovery"], *home)
    assert refused.code == 3 and "erase-no-basis" in refused.err
    assert places_with(found.home, (MISSED,)) != [] and len(found.command("pii", "found")) == 2


def test_copies_are_those_of_the_cluster_and_no_others(found: Found) -> None:
    keys = KeyStore.open(found.home.keys)
    copy = by_native_id(found.home, keys, "copy")[0].doc_id
    assert copies_of(found.home, found.doc_id) == {found.doc_id, copy} == copies_of(found.home, copy)
    other = by_native_id(found.home, keys, "native-00003")[0].doc_id
    assert copies_of(found.home, other) == set()


def test_a_rewritten_document_is_still_shown_with_every_mark_in_its_place(found: Found, tmp_path: Path) -> None:
    said = found.command("pii", "found", found.doc_id, "--kind", "name", "--span", found.span())
    found.command("pii", "rewrite", said["discovery"], "--basis", "R-9")
    page = tmp_path / "view.html"
    home = str(found.home.root)
    assert invoke("pii", "view", found.doc_id, "--html", str(page), "--home", home).code == 0
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o077 == 0 and MISSED not in text
    assert text.count('<mark class="a-destroy" title="이름 · 파기 · discovery@1 · 1.00">[이름]<small>이름</small>') == 2
    assert "맞지 않아" not in text
    (event,) = found.command("audit", "log", "--action", "pii.view")
    assert event["subjects"] == [f"doc:{found.doc_id}"]
