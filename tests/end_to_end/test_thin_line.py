"""JSON Lines in, release out: verified, reported, leased, pulled and erased, each through the door a user takes."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import polars as pl
import pytest
import uvicorn

from governance.delta import live_shards
from pipelines.serving import create_server
from tests.end_to_end.conftest import World, documents

LABEL = {"project": "quality", "guideline": "읽고 고르세요.", "labels": ["좋음", "나쁨"], "count": 3}


@pytest.fixture
def released(world: World) -> World:
    world.jsonl("letters", [*documents(30), {**documents(1)[0], "id": "copy"}])
    world.settings["label"] = [LABEL]
    world.result = world.run()  # type: ignore[attr-defined]
    return world


def test_every_document_leaves_by_exactly_one_exit(released: World, command) -> None:
    lines = {(b["stage"], b["unit"]): b for b in released.result["books"]}
    assert lines["prepare", "document"] | {"kept": 31} == lines["prepare", "document"]
    assert (lines["deduplicate", "document"]["kept"], lines["deduplicate", "document"]["dropped"]) == (30, 1)
    assert command(
        "query", "test", "SELECT count(*) AS n FROM documents", "--home", str(released.home.root), "--json"
    ).json == [{"n": 30}]


def test_a_rerun_does_no_work_and_says_so(released: World, command) -> None:
    before = {p: p.stat().st_mtime_ns for p in released.home.root.joinpath("governed").rglob("*.parquet")}
    again = released.run()
    assert again["worked"] is False and again["release"] == released.result["release"]
    assert before == {p: p.stat().st_mtime_ns for p in released.home.root.joinpath("governed").rglob("*.parquet")}


def test_the_release_verifies_with_the_key_from_outside(released: World, command, tmp_path: Path) -> None:
    home = str(released.home.root)
    key = tmp_path / "published.pem"
    key.write_text(command("keys", "public", "--home", home).out)
    assert command("verify", "test", "--key", str(key), "--home", home).code == 0
    shard = next(released.home.corpus("test").glob("shards/**/*.parquet"))
    data = bytearray(shard.read_bytes())
    data[100] ^= 1
    shard.write_bytes(data)
    broken = command("verify", "test", "--key", str(key), "--home", home)
    assert broken.code == 4 and shard.name in broken.err


def test_a_document_is_traced_by_either_id(released: World, command) -> None:
    home = str(released.home.root)
    by_native = command("trace", "native-00003", "--home", home, "--json").json[0]
    assert by_native["state"] == "released" and by_native["item"] == "part.jsonl"
    by_doc = command("trace", by_native["doc_id"], "--home", home, "--json").json[0]
    assert by_doc["places"] == by_native["places"] and by_doc["places"][0]["shard"].startswith("shards/letters/")
    twins = [command("trace", native, "--home", home, "--json").json[0]["state"] for native in ("copy", "native-00000")]
    assert sorted(twins) == ["dropped at deduplicate by exact_duplicate@1", "released"]


def test_a_task_is_leased_with_its_text_and_answered(released: World, command) -> None:
    home = str(released.home.root)
    assert command("queue", "status", "--home", home, "--json").json["projects"][0]["tasks"] == 3
    token = command("queue", "workers", "add", "labs", "kim", "--home", home, "--json").json["token"]
    command("share", "register", "labs", "--home", home)
    with serving(released) as url, httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}) as client:
        refused = client.post("/label/api/projects/quality/next")
        assert refused.status_code == 403 and "label-no-contract" in refused.text
        command("share", "grant", "labs", "test", "--purpose", "label", "--home", home)
        # Signing in again asks the policies anew.
        client.post("/label/api/session", json={"token": token})
        leased = client.post("/label/api/projects/quality/next").json()
        assert "문서는" in str(leased["text"])
        body = {"fencing": leased["lease"]["fencing"], "answer": "좋음"}
        assert client.post(f"/label/api/tasks/{leased['lease']['task_id']}/submit", json=body).status_code == 200
    log = command("audit", "log", "--action", "label", "--home", home, "--json").json
    assert {"label.read", "label.submit"} <= {entry["action"] for entry in log}


def test_a_shard_is_pulled_and_verified(released: World, command, tmp_path: Path) -> None:
    home = str(released.home.root)
    command("share", "register", "team-a", "--home", home)
    command("share", "grant", "team-a", "test", "--home", home)
    with serving(released) as url:
        profile = tmp_path / "team-a.share"
        made = command("share", "profile", "team-a", str(profile), "--endpoint", f"{url}/delta-sharing", "--home", home)
        assert made.code == 0, made.err
        key = tmp_path / "public.pem"
        key.write_text(command("keys", "public", "--home", home).out)
        pulled = command("pull", str(profile), "test", str(tmp_path / "mine"), "--key", str(key))
    assert pulled.code == 0, pulled.err
    mine = pl.concat(pl.read_parquet(p) for p in (tmp_path / "mine").rglob("shards/**/*.parquet"))
    assert mine.height == 30
    assert [p["recipient"] for p in command("audit", "pulls", "--home", home, "--json").json] == ["team-a"]


def test_an_erased_document_is_nowhere_and_stays_out(released: World, command) -> None:
    home = str(released.home.root)
    doc_id = command("trace", "native-00007", "--home", home, "--json").json[0]["doc_id"]
    certificate = command("erase", doc_id, "--basis", "REQ-7", "--home", home, "--json").json
    assert certificate["documents"] == [doc_id] and certificate["staged_rows"] == 1
    key = str(released.home.public_key)
    assert command("verify", "test", "--key", key, "--home", home).code == 0
    assert command("trace", doc_id, "--home", home, "--json").json[0]["state"] == "erased"
    again = released.run()
    assert again["worked"]
    ids = pl.concat(
        pl.read_parquet(released.home.corpus("test") / s.path) for s in live_shards(released.home.corpus("test"))
    )
    assert doc_id not in ids["doc_id"].to_list() and ids.height == 29


class serving:
    """The server on a free loopback port, in a thread."""

    def __init__(self, world: World) -> None:
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        self.port = probe.getsockname()[1]
        probe.close()
        app = create_server(world.home, lambda: datetime.now(UTC))
        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=5)
