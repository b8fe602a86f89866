"""The command: exit codes, messages that help, JSON for machines, and what each says of a real installation."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from governance.delta import head_version
from governance.keys import KeyStore
from governance.records.storage import exclusive
from pipelines.cli import COMMANDS
from pipelines.home import Home
from tests.end_to_end.commands import invoke
from tests.end_to_end.conftest import TERMS, World, documents, identical_set, letter

ROOT = Path(__file__).resolve().parents[2]
LABEL = {"project": "quality", "guideline": "읽고 고르세요.", "labels": ["좋음", "나쁨"], "count": 5}


# Letters 10 to 19 are as long as this, those before them shorter: their number stands in every line.
LONGER = len(letter(13))


@dataclass(frozen=True)
class Installation:
    """A released world and its two runs."""

    world: World
    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def home(self) -> str:
        return str(self.world.home.root)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    world = World(tmp_path_factory.mktemp("commands"))
    world.jsonl("letters", [*documents(20), {**documents(1, 15)[0], "id": "copy"}, {"id": "n", "text": None}])
    world.add("texts", {"a.txt": documents(1, 900)[0]["text"].encode(), "b.pdf": b"%PDF"})
    world.settings["label"] = [LABEL]
    first = world.run()
    world.settings["judge"] = {"bounds": {"chars": {"at_least": LONGER}}}
    return Installation(world, first, world.run())


def _recipe(directory: Path, **settings: Any) -> str:
    path = directory / "recipe.yaml"
    path.write_text(yaml.safe_dump({"name": "r", "corpus": "c", "sources": ["*.source.yaml"], **settings}))
    return str(path)


def _source(directory: Path, name: str, **spec: Any) -> None:
    whole = {"name": name, "sector": "government", "domain": "d", "path": str(directory / name), "terms": TERMS, **spec}
    (directory / f"{name}.source.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True))
    (directory / name).mkdir(exist_ok=True)


WRONG = [
    (("run", "nowhere.yaml"), 2, "no such recipe"),
    (("plan", "nowhere.yaml"), 2, "no such recipe"),
    (("run", "RECIPE", "--set", "judge"), 2, "write key=value"),
    (("run", "RECIPE", "--set", "judg.bounds={}"), 2, "did you mean 'judge'"),
    (("run", "RECIPE", "--set", "judge.bounds.chars.atleast=3"), 2, "at_least"),
    (("run", "RECIPE", "--set", "judge.bounds.charrs.at_least=3"), 2, "chars"),
    (("run", "RECIPE", "--set", "deduplicate.preset=corean"), 2, "korean"),
    (("run", "RECIPE", "--set", "protect.actions.fone=mask"), 2, "phone"),
    (("run", "RECIPE", "--runner", "FlinkRuner"), 2, "did you mean 'FlinkRunner'"),
    (("run", "RECIPE", "--runner", "threads"), 2, "silently loses elements"),
    (("run", "RECIPE", "--workers", "0"), 2, "at least 1"),
    (("verify", "tset", "--key", "KEY"), 6, "did you mean 'test'"),
    (("verify", "test", "--key", "nowhere.pem"), 6, "no such key file"),
    (("verify", "test", "--key", "RECIPE"), 2, "not PEM"),
    (("query", "nothing", "SELECT 1"), 6, "no release called 'nothing'"),
    (("query", "test", "SELEC 1"), 2, "syntax error"),
    (("query", "test", "SELECT * FROM read_text('/etc/hostname')"), 2, "query:"),
    (("query", "test", "CREATE TABLE t AS SELECT 1; COPY t TO '/tmp/t.csv'"), 2, "query:"),
    (("trace", "nobody"), 6, "no document has this id"),
    (("report", "2030"), 6, "malmoi runs"),
    (("diff", "latest", "2030"), 6, "malmoi runs"),
    (("audit", "pulls", "--since", "yesterday"), 2, "2026-11-24"),
    (("queue", "next", "qualty", "--token", "x"), 3, ""),
    (("share", "grant", "nobody", "test"), 6, "nobody"),
    (("share", "explain", "nobody", "test"), 6, "nobody"),
    (("frobnicate",), 2, "frobnicate"),
]


@pytest.mark.parametrize(("command", "code", "says"), WRONG, ids=[" ".join(c) for c, _, _ in WRONG])
def test_what_is_wrong_is_said_with_what_to_do(
    installed: Installation, command: tuple[str, ...], code: int, says: str
) -> None:
    known = {"RECIPE": str(installed.world.recipe), "KEY": str(installed.world.home.public_key)}
    home = ("--home", installed.home) if command[0] in COMMANDS else ()
    failed = invoke(*(known.get(word, word) for word in command), *home)
    assert failed.code == code, failed.err
    assert says in failed.err + failed.out and "Traceback" not in failed.err


def test_a_home_without_keys_says_so(tmp_path: Path) -> None:
    failed = invoke("trace", "x", "--home", str(tmp_path / "empty"))
    assert failed.code == 7 and "no key directory" in failed.err


def test_another_ones_key_fails_verification(installed: Installation, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(KeyStore.open(tmp_path / "keys", create=True).public_pem)
    failed = invoke("verify", "test", "--key", str(stranger), "--home", installed.home)
    assert failed.code == 4 and "not signed by the trusted key" in failed.err


@pytest.mark.parametrize("command", [("run", "RECIPE"), ("purge", "--all"), ("gc",)], ids=["run", "purge", "gc"])
def test_a_busy_installation_is_left_alone(installed: Installation, command: tuple[str, ...]) -> None:
    words = [str(installed.world.recipe) if word == "RECIPE" else word for word in command]
    with exclusive(installed.world.home.state / "locks" / "test.lock", "corpus test"):
        busy = invoke(*words, "--home", installed.home)
    assert busy.code == 5 and "another run" in busy.err
    assert list(installed.world.home.restricted.iterdir())


READING = [
    ("plan", "RECIPE"),
    ("run", "RECIPE"),
    ("runs",),
    ("diff", "FIRST", "SECOND"),
    ("report", "latest"),
    ("trace", "native-00013"),
    ("verify", "test", "--key", "KEY"),
    ("query", "test", "SELECT count(*) AS n, min(collected_at) AS at FROM documents"),
    ("audit", "pulls"),
    ("audit", "decisions"),
    ("audit", "log"),
    ("share", "recipients"),
    ("queue", "status"),
    ("queue", "workers", "list"),
    ("queue", "agreement", "quality"),
    ("keys", "list"),
    ("gc", "--dry-run"),
    ("purge",),
]


@pytest.mark.parametrize("command", READING, ids=[" ".join(c[:2]) for c in READING])
def test_machines_get_one_json_value(installed: Installation, command: tuple[str, ...]) -> None:
    known = {
        "RECIPE": str(installed.world.recipe),
        "KEY": str(installed.world.home.public_key),
        "FIRST": installed.first["run"],
        "SECOND": installed.second["run"],
    }
    words = [known.get(word, word) for word in command]
    done = invoke(*words, "--home", installed.home, "--json")
    assert done.code == 0, done.err
    assert len(done.out.strip().splitlines()) == 1
    json.loads(done.out)
    people = invoke(*words, "--home", installed.home)
    assert people.code == 0 and people.out.strip()


def test_every_command_explains_itself() -> None:
    listed = invoke("--help")
    assert listed.code == 0 and "130 stopped by Ctrl-C" in " ".join(listed.out.split())
    for name in COMMANDS:
        assert name in listed.out
        assert invoke(name, "--help").code == 0


def test_plan_collects_every_problem_before_a_byte_is_read(tmp_path: Path) -> None:
    _source(tmp_path, "good")
    _source(tmp_path, "gone")
    (tmp_path / "gone").rmdir()
    _source(tmp_path, "misspelt", sectr="government")
    _source(tmp_path, "unlicensed", terms={**TERMS, "licence": "CC-BY-4.1"})
    _source(tmp_path, "twin")
    (tmp_path / "other.source.yaml").write_text((tmp_path / "twin.source.yaml").read_text())
    recipe = _recipe(
        tmp_path,
        judge={"bounds": {"charrs": {"at_least": 3}}, "sources": {"nobody": {}}},
        deduplicate={"preset": "corean"},
        protect={"actions": {"fone": "mask"}},
    )
    failed = invoke("plan", recipe, "--home", str(tmp_path / "home"))
    assert failed.code == 2
    for word in ("gone", "'sector'", "CC-BY-4.0", "'twin'", "charrs", "nobody", "corean", "fone"):
        assert word in failed.err, word
    assert failed.err.splitlines()[0].endswith("problems:")
    assert not (tmp_path / "home").exists()


def test_plan_says_what_is_reused_and_what_is_refused(world: World) -> None:
    world.jsonl("letters", documents(6))
    world.jsonl("lapsed", documents(2, 50), terms={**TERMS, "expires": "2026-01-01"})
    world.run()
    home = str(world.home.root)
    planned = invoke("plan", str(world.recipe), "--home", home, "--json").json
    assert planned["finished"] is True and [r["source"] for r in planned["refused"]] == ["lapsed"]
    assert sum(entry["reused"] for entry in planned["reuse"]) == planned["tasks"] == 1
    moved = invoke("plan", str(world.recipe), "--set", "judge.bounds.chars.at_least=5", "--home", home, "--json").json
    assert moved["finished"] is False and sum(entry["reused"] for entry in moved["reuse"]) == 1
    assert moved["base_release"] == planned["release_id"]


def test_run_ends_with_release_counts_and_costs(installed: Installation) -> None:
    again = invoke("run", str(installed.world.recipe), "--home", installed.home, "--json").json
    assert again["worked"] is False and again["release_id"] == installed.second["release_id"]
    assert Path(again["release"]).is_dir() and Path(again["report"]).is_file()
    stages = {stage["stage"]: stage for stage in again["stages"]}
    assert {"prepare", "judge", "deduplicate", "protect"} <= set(stages)
    assert all(stage["seconds"] >= 0 and stage["mb_per_s"] >= 0 for stage in stages.values())
    documents_ = [line for line in again["books"] if line["unit"] == "document"]
    assert {line["source"] for line in documents_} == {"letters", "texts"}
    words = invoke("run", str(installed.world.recipe), "--home", installed.home).out
    assert "nothing to do: this plan is released already" in words


def test_a_sample_reads_a_few_documents_of_each_task(installed: Installation, tmp_path: Path) -> None:
    done = invoke("run", str(installed.world.recipe), "--sample", "4", "--home", str(tmp_path / "home"), "--json")
    kept = {b["source"]: b["kept"] for b in done.json["books"] if b["stage"] == "prepare" and b["unit"] == "document"}
    assert kept == {"letters": 4, "texts": 1}


def test_runs_lists_the_latest_first(installed: Installation) -> None:
    found = invoke("runs", "--home", installed.home, "--json").json
    assert [run["run"] for run in found][:1] == [max(run["run"] for run in found)]
    assert {run["run"] for run in found} == {installed.first["run"], installed.second["run"]}
    assert all(run["state"] == "done" and run["seconds"] > 0 for run in found)


def test_diff_shows_what_changed_and_nothing_else(installed: Installation) -> None:
    found = invoke("diff", installed.first["run"], installed.second["run"], "--home", installed.home, "--json").json
    changed = {entry["what"]: (entry["first"], entry["second"]) for entry in found}
    assert changed["recipe.judge.bounds.chars.at_least"] == (None, LONGER)
    assert changed["count.letters.judge.documents.dropped"][0] == 0
    assert changed["count.letters.judge.documents.dropped"][1] > 0
    assert not any(name.startswith(("snapshot.", "code.")) for name in changed)
    assert invoke("diff", "latest", "latest", "--home", installed.home, "--json").json == []


def test_a_run_that_never_got_to_its_plan_is_said_to_have_nothing(world: World) -> None:
    world.jsonl("letters", documents(4))
    done = world.run()
    failed = world.home.run("20991231T000000-broken-1")
    failed.mkdir(parents=True)
    record = {"run": failed.name, "recipe": "test", "plan": "x", "state": "failed"}
    (failed / "run.json").write_text(json.dumps(record))
    compared = invoke("diff", done["run"], failed.name, "--home", str(world.home.root), "--json")
    assert compared.code == 6 and "never" in compared.err
    missing = invoke("report", failed.name, "--home", str(world.home.root))
    assert missing.code == 6 and "no report" in missing.err


def test_a_query_reads_one_release_and_its_ledger(installed: Installation) -> None:
    def ask(release: str, sql: str) -> Any:
        return invoke("query", release, sql, "--home", installed.home, "--json").json

    first, second = installed.first["release_id"], installed.second["release_id"]
    assert ask(first, "SELECT count(*) AS n FROM documents") == [{"n": 21}]
    assert ask(second[:10], "SELECT count(*) AS n FROM documents")[0]["n"] < 21
    assert ask(first, "SELECT code FROM broken ORDER BY code") == [
        {"code": "null_text"},
        {"code": "unsupported_format"},
    ]
    rules = ask("test", "SELECT DISTINCT rule FROM decisions WHERE outcome = 'dropped' ORDER BY rule")
    assert [row["rule"] for row in rules] == ["chars@1", "exact_duplicate@1"]
    assert ask(first, 'SELECT count(*) AS n FROM "index" JOIN documents USING (doc_id)') == [{"n": 21}]


def test_a_trace_shows_the_text_at_the_head_and_logs_that_it_did(installed: Installation) -> None:
    before = len(invoke("audit", "log", "--action", "trace", "--home", installed.home, "--json").json)
    (found,) = invoke("trace", "native-00013", "--show", "--home", installed.home, "--json").json
    assert found["text"].startswith("13번 문서는")
    assert len({place["release"] for place in found["places"]}) == 2
    assert len(invoke("audit", "log", "--action", "trace", "--home", installed.home, "--json").json) == before + 1


def test_a_broken_chain_of_the_event_log_is_an_error(installed: Installation, tmp_path: Path) -> None:
    shutil.copytree(installed.world.home.root, tmp_path / "home")
    log = Home.of(tmp_path / "home").events
    lines = log.read_bytes().splitlines(keepends=True)
    assert len(lines) >= 2
    log.write_bytes(lines[0].replace(b'"documents":2', b'"documents":3', 1) + b"".join(lines[1:]))
    broken = invoke("audit", "log", "--home", str(tmp_path / "home"))
    assert broken.code == 4 and "line 2" in broken.err
    log.write_bytes(b"".join(lines[1:]))
    assert invoke("audit", "log", "--home", str(tmp_path / "home")).code == 4


def test_the_event_log_has_every_release(installed: Installation) -> None:
    log = invoke("audit", "log", "--action", "release", "--home", installed.home, "--json").json
    releases = {s for entry in log for s in entry["subjects"] if s.startswith("release:")}
    assert releases == {f"release:{r['release_id']}" for r in (installed.first, installed.second)}


def _killed(world: World, home: Home, point: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run", str(world.recipe), "--home", str(home.root), "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MALMOI_CRASH_AT": point},
        capture_output=True,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL


def test_garbage_of_a_killed_run_goes_and_the_rerun_makes_it_again(world: World) -> None:
    world.jsonl("letters", documents(12))
    world.run()
    expected = identical_set(world.home)
    again = Home.of(world.root / "again")
    again.root.mkdir()
    shutil.copytree(world.home.keys, again.keys)
    _killed(world, again, "before-delta-commit")
    named = invoke("gc", "--dry-run", "--home", str(again.root), "--json").json
    assert any("/shards/" in name for name in named["files"]) and named["bytes"] > 0
    assert all((again.root / name).exists() for name in named["files"])
    collected = invoke("gc", "--home", str(again.root), "--json").json
    assert collected == named and not list(again.corpus("test").rglob("*.parquet"))
    world.run(home=again)
    assert identical_set(again) == expected


def test_garbage_is_never_what_a_version_names(installed: Installation, tmp_path: Path) -> None:
    shutil.copytree(installed.world.home.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    before = identical_set(home)
    assert head_version(home.corpus("test")) == 1
    assert invoke("gc", "--home", str(home.root), "--json").json["files"] == []
    stray = home.corpus("test") / "shards" / "letters" / "stray.parquet"
    stray.write_bytes(b"left behind")
    name = str(stray.relative_to(home.root))
    (home.state / ".queue.99999999.tmp").write_bytes(b"x")
    assert invoke("gc", "--home", str(home.root), "--json").json["files"] == [name]
    assert identical_set(home) == before and not list(home.root.rglob("*.tmp"))


def test_garbage_collection_after_an_erasure_finds_nothing(installed: Installation, tmp_path: Path) -> None:
    shutil.copytree(installed.world.home.root, tmp_path / "home")
    home = str(tmp_path / "home")
    doc_id = invoke("trace", "native-00013", "--home", home, "--json").json[0]["doc_id"]
    assert invoke("erase", doc_id, "--basis", "R-1", "--home", home, "--json").code == 0
    collected = invoke("gc", "--home", home, "--json")
    assert collected.code == 0 and collected.json["files"] == []


def test_purge_takes_zones_past_their_end_alone(installed: Installation, tmp_path: Path) -> None:
    shutil.copytree(installed.world.home.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    label = next(path for path in home.restricted.glob("*/zone.json") if path.parent.name.startswith("texts-"))
    label.write_text(json.dumps(json.loads(label.read_bytes()) | {"expires": "2020-01-01"}))
    gone = invoke("purge", "--home", str(home.root), "--json").json
    assert [zone["source"] for zone in gone] == ["texts"]
    assert not label.parent.exists() and len(list(home.restricted.iterdir())) == 2
    with pytest.raises(Exception, match="was destroyed"):
        KeyStore.open(home.keys).secret(f"zone/{label.parent.name}")
    (entry,) = invoke("audit", "log", "--action", "zone", "--home", str(home.root), "--json").json
    assert entry["subjects"] == [f"zone:{label.parent.name}"]
    # What is released stays released, and a run reads the source anew under a new key.
    result = installed.world.run(home=home)
    assert result["worked"] is False and result["release_id"] == installed.second["release_id"]


@pytest.mark.slow
def test_ctrl_c_stops_a_run_that_goes_on_where_it_stopped(world: World) -> None:
    world.add("texts", {f"{n:04d}.txt": documents(1, n)[0]["text"].encode() for n in range(400)})
    world.settings["prepare"] = {"split_bytes": 20_000}
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "run",
        str(world.recipe),
        "--home",
        str(world.home.root),
        "--json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while len(list(world.home.restricted.glob("*/prepare/*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 130 and b"Traceback" not in err and b"release:" not in out
    assert b"run the same command again" in err
    done = len(list(world.home.restricted.glob("*/prepare/*.json")))
    result = world.run()
    prepared = next(stage for stage in result["stages"] if stage["stage"] == "prepare")
    assert prepared["reused"] >= done >= 3 and prepared["tasks"] > done
    assert sum(b["kept"] for b in result["books"] if b["stage"] == "protect") == 400
