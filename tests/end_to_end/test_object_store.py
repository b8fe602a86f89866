"""The thin line with the zones in an object store, over S3's protocol: the same bytes, through the same doors."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from governance.delta import VersionConflictError, commit, head_version
from governance.keys import KeyStore
from governance.records.schemas import DOCUMENT
from governance.records.storage import files_below, location, matching, write_bytes
from governance.verify import verify_release
from pipelines.engine import Engine
from pipelines.forking import ForkServer
from pipelines.home import SETTINGS, Home
from pipelines.launch import Launch, run_graph
from pipelines.plan import Plan
from pipelines.planning import Request, make_plan
from pipelines.releases import latest_release
from pipelines.tasks import Context
from tests.end_to_end.commands import invoke
from tests.end_to_end.conftest import NOW, World, documents, identical_set, letter
from tests.end_to_end.server import serving

ROOT = Path(__file__).resolve().parents[2]
ERASED = "native-00007"
LABEL = {"project": "quality", "guideline": "읽고 고르세요.", "labels": ["좋음", "나쁨"], "count": 3}


def _home(world: World, directory: Path, store: str) -> Home:
    """A new installation with the world's keys and its zones in a store."""
    directory.mkdir(parents=True)
    shutil.copytree(world.home.keys, directory / "keys")
    (directory / SETTINGS).write_text(f"store: {store}\n")
    return Home.of(directory)


def _command(home: Home, *arguments: str) -> Any:
    done = invoke(*arguments, "--home", str(home.root), "--json")
    assert done.code == 0, done.err
    return done.json


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that was released on a disk."""
    world = World(tmp_path_factory.mktemp("disk"))
    world.jsonl("letters", [*documents(40), {**documents(1)[0], "id": "copy"}, {"id": "none"}])
    other = {"licence": "CC-BY-SA-4.0", "holder": "시험", "legal_basis": "licence", "evidence": ["x"]}
    world.add("texts", {f"{n:02d}.txt": letter(n + 500).encode("cp949") for n in range(8)}, terms=other)
    world.settings["publish"] = {"shard_bytes": 20_000}
    world.settings["prepare"] = {"split_bytes": 8_000}
    world.settings["label"] = [LABEL]
    world.run()
    return world


@pytest.fixture(scope="module")
def stored(world: World, module_store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same work with the zones in a store, by worker processes."""
    home = _home(world, tmp_path_factory.mktemp("store") / "home", module_store_url)
    world.run(Engine("processes", 2), home=home)
    return home


def test_the_identical_set_is_that_of_a_disk(world: World, stored: Home) -> None:
    assert identical_set(stored) == identical_set(world.home) and len(identical_set(stored)) > 12


def test_the_plan_is_that_of_a_disk_and_nothing_names_the_store(world: World, stored: Home) -> None:
    plans = [Plan.load(next(home.state.glob("runs/*/plan.json"))) for home in (world.home, stored)]
    assert plans[0].model_dump(exclude={"home"}) == plans[1].model_dump(exclude={"home"})
    secrets = [str(stored.zones), os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_ACCESS_KEY_ID"]]
    here = [path for path in stored.root.rglob("*") if path.is_file() and path.name != SETTINGS]
    written = here + [stored.zones / name for name in files_below(stored.zones)]
    # The report alone, which is the operator's, says where the release lies.
    telling = [path for path in written if any(secret.encode() in path.read_bytes() for secret in secrets)]
    assert {path.name for path in telling} == {"report.html", "report.json"}
    assert not [path for path in telling if any(secret.encode() in path.read_bytes() for secret in secrets[1:])]


def test_no_file_of_the_zones_lies_on_the_disk(stored: Home) -> None:
    assert {path.name for path in stored.root.iterdir()} == {SETTINGS, "keys", "state", "public.pem"}
    assert not matching(stored.restricted, "*/runs/*")


def test_a_rerun_does_no_work(world: World, stored: Home) -> None:
    before = {name: (stored.zones / name).stat() for name in files_below(stored.zones)}
    assert world.run(home=stored)["worked"] is False
    assert before == {name: (stored.zones / name).stat() for name in files_below(stored.zones)}


def test_it_verifies_and_a_changed_shard_is_named(stored: Home, tmp_path: Path) -> None:
    key = tmp_path / "published.pem"
    key.write_text(invoke("keys", "public", "--home", str(stored.root)).out)
    assert _command(stored, "verify", "test", "--key", str(key))["sealed"]
    shard = matching(stored.corpus("test"), "shards/**/*.parquet")[0]
    whole = shard.read_bytes()
    write_bytes(shard, whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    broken = invoke("verify", "test", "--key", str(key), "--home", str(stored.root))
    assert broken.code == 4 and shard.name in broken.err
    write_bytes(shard, whole)


def test_it_is_queried(world: World, stored: Home) -> None:
    for sql in (
        "SELECT source, count(*) AS n, sum(chars) AS chars FROM documents GROUP BY source ORDER BY source",
        "SELECT count(*) AS n FROM documents d JOIN decisions USING (doc_id) WHERE d.text LIKE '%민원%'",
        "SELECT count(*) AS n FROM spans, clusters, index, broken",
    ):
        assert _command(stored, "query", "test", sql) == _command(world.home, "query", "test", sql)
    refused = invoke("query", "test", f"SELECT * FROM '{stored.zones}/x.parquet'", "--home", str(stored.root))
    assert refused.code == 2


def test_a_document_is_traced_by_either_id(stored: Home) -> None:
    by_native = _command(stored, "trace", "native-00003", "--show")[0]
    assert by_native["state"] == "released" and "3번 문서는" in by_native["text"]
    assert _command(stored, "trace", by_native["doc_id"])[0]["places"] == by_native["places"]


def test_it_is_pulled_by_ranges_and_leased(stored: Home, tmp_path: Path) -> None:
    home = str(stored.root)
    token = _command(stored, "queue", "workers", "add", "labs", "kim")["token"]
    for name, purpose in (("team-a", "pretrain"), ("labs", "label")):
        _command(stored, "share", "register", name)
        _command(stored, "share", "grant", name, "test", "--purpose", purpose)
    key = tmp_path / "public.pem"
    key.write_text(invoke("keys", "public", "--home", home).out)
    with serving(stored) as url:
        profile = tmp_path / "team-a.share"
        invoke("share", "profile", "team-a", str(profile), "--endpoint", f"{url}/delta-sharing", "--home", home)
        pulled = invoke("pull", str(profile), "test", str(tmp_path / "mine"), "--key", str(key))
        assert pulled.code == 0, pulled.err
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as client:
            assert "문서는" in client.post("/label/api/projects/quality/next").text
    mine = pl.concat(pl.read_parquet(p) for p in sorted((tmp_path / "mine").rglob("shards/**/*.parquet")))
    assert mine.height == 48
    assert {p["recipient"] for p in _command(stored, "audit", "pulls")} == {"team-a"}


def test_what_no_version_names_is_collected(stored: Home) -> None:
    stray = stored.corpus("test") / "shards/letters/open/stray.parquet"
    write_bytes(stray, b"stray")
    found = _command(stored, "gc", "--dry-run")
    assert found["files"] == ["governed/test/shards/letters/open/stray.parquet"] and found["bytes"] == 5
    _command(stored, "gc")
    assert not stray.exists() and not _command(stored, "gc")["files"]


def _sources_in_a_store(world: World, directory: Path, url: str) -> Path:
    """The world's recipe over the same sources, laid into a store."""
    for name in files_below(world.root / "data"):
        write_bytes(location(url) / name, (world.root / "data" / name).read_bytes())
    for path in world.root.glob("*.yaml"):
        text = path.read_text(encoding="utf-8").replace(str(world.root / "data"), url)
        (directory / path.name).write_text(text, encoding="utf-8")
    return directory / "recipe.yaml"


def test_workers_need_nothing_of_the_home_but_keys_and_store(
    world: World, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(world, tmp_path / "home", f"{store_url}/zones")
    recipe = _sources_in_a_store(world, tmp_path, f"{store_url}/sources")
    planned = make_plan(Request(recipe, home, NOW, {}, Engine("local")))
    monkeypatch.setenv("MALMOI_KEYS", str(home.keys))
    nowhere = Home(tmp_path / "nowhere", home.store)
    context = Context(planned.plan.model_copy(update={"home": nowhere.root}), nowhere)
    with ForkServer(2) as forks:
        launch = Launch(Engine("processes", 2), forks)
        receipts = run_graph(context, tmp_path / "run", planned.tasks, launch)
    assert {r.stage for r in receipts} >= {"prepare", "judge", "connect", "deduplicate", "protect"}
    shards = [name for name in files_below(home.corpus("test")) if name.startswith("shards/")]
    assert shards == [name for name in files_below(world.home.corpus("test")) if name.startswith("shards/")]
    assert not nowhere.root.exists()


def test_a_run_that_is_killed_again_and_again_goes_on_to_the_same_bytes(
    world: World, store_url: str, tmp_path: Path
) -> None:
    home = _home(world, tmp_path / "home", store_url)
    for point in ("after-temp-write", "before-delta-commit", "after-delta-commit"):
        killed = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "run", str(world.recipe), "--home", str(home.root)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MALMOI_CRASH_AT": point},
            capture_output=True,
            timeout=180,
        )
        assert killed.returncode == -signal.SIGKILL
        assert (head_version(home.corpus("test")) >= 0) == (point == "after-delta-commit")
    world.run(home=home)
    assert identical_set(home) == identical_set(world.home)


def test_a_later_batch_is_added_as_on_a_disk(world: World, stored: Home, tmp_path: Path) -> None:
    batch = World(tmp_path)
    batch.jsonl("batch", [*documents(3, 900), {**documents(1, 5)[0], "id": "again"}])
    batch.settings = {**world.settings, "deduplicate": {"against": "released"}}
    results = [batch.run(home=home) for home in (world.home, stored)]
    assert [result["worked"] for result in results] == [True, True]
    # A store's texts are compared, not estimated as if they were purged.
    disk, store = (result["released"] for result in results)
    assert store == disk and store["documents"] == 48 and store["candidates"] > 0 and store["rows_read"] > 0
    assert identical_set(stored) == identical_set(world.home)
    assert matching(stored.digests, "index/*/*") and not (stored.state / "index").exists()
    count = _command(stored, "query", "test", "SELECT count(*) AS n FROM documents")
    assert count == [{"n": 51}]


def test_of_two_installations_on_one_store_one_makes_a_version(stored: Home) -> None:
    root = stored.corpus("test")
    head = head_version(root)
    for version in (0, head):
        with pytest.raises(VersionConflictError):
            commit(root, release_id="other", shards=[], expected_version=version, schema=DOCUMENT)
    assert head_version(root) == head


def test_an_erased_document_is_nowhere_and_stays_out(world: World, stored: Home) -> None:
    doc_id = _command(stored, "trace", ERASED)[0]["doc_id"]
    certificate = _command(stored, "erase", doc_id, "--basis", "REQ-7")
    assert certificate["documents"] == [doc_id] and certificate["staged_rows"] == 1
    verify_release(stored.corpus("test"), "latest", KeyStore.open(stored.keys).public_pem).require()
    assert _command(stored, "trace", doc_id)[0]["state"] == "erased"
    assert world.run(home=stored)["worked"]
    count = _command(stored, "query", "test", f"SELECT count(*) AS n FROM documents WHERE doc_id = '{doc_id}'")
    assert count == [{"n": 0}]
    latest = latest_release(stored, "test")
    assert latest is not None
    verify_release(stored.corpus("test"), latest.release_id, KeyStore.open(stored.keys).public_pem).require()


def test_purged_zones_are_gone(stored: Home) -> None:
    released = files_below(stored.governed)
    _command(stored, "purge", "--all")
    assert files_below(stored.restricted) == [] and files_below(stored.governed) == released
