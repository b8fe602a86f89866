"""Erase: a document, or a source, leaves every zone and stays out, and everyone who had it is named."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from governance.delta import head_version, live_shards
from governance.errata import Errata
from governance.keys import KeyStore
from governance.records.errors import IntegrityError, NotFoundError
from governance.records.storage import exclusive
from governance.restricted import read_restricted
from governance.signing import open_envelope
from governance.verify import verify_release
from pipelines.home import Home
from pipelines.releases import corpora
from pipelines.zones import zones
from tests.end_to_end.commands import invoke
from tests.end_to_end.conftest import World, documents, identical_set, letter
from tests.end_to_end.server import serving

ROOT = Path(__file__).resolve().parents[2]
SECRET = 98_765
# No hexadecimal digest holds one of these by chance.
TRACES = (f"{SECRET}번", f"native-{SECRET}", f"제목 {SECRET}", f"doc/{SECRET}", f"작성부서{SECRET}")
OTHER_TERMS = {"licence": "CC-BY-SA-4.0", "holder": "시험", "legal_basis": "licence", "evidence": ["x"]}
LABEL = {"project": "quality", "guideline": "읽고 고르세요.", "labels": ["좋음", "나쁨"], "count": 200}


def _world(directory: Path) -> World:
    """Thirty letters, one of them to be erased, and twelve texts under other terms."""
    world = World(directory)
    world.jsonl("letters", [*documents(29), *documents(1, SECRET)])
    world.add("texts", {f"{n:02d}.txt": letter(n + 500).encode() for n in range(12)}, terms=OTHER_TERMS)
    world.settings["label"] = [LABEL]
    world.settings["publish"] = {"shard_bytes": 20_000}
    return world


def _id_of(home: Home, native_id: str) -> str:
    return invoke("trace", native_id, "--home", str(home.root), "--json").json[0]["doc_id"]


def _erase(home: Home, *arguments: str) -> dict[str, Any]:
    done = invoke("erase", *arguments, "--basis", "REQ-7", "--home", str(home.root), "--json")
    assert done.code == 0, done.err
    return done.json


def _everything(home: Home) -> Iterator[tuple[Path, bytes]]:
    """Every file of an installation, and what stands in it once it is decrypted and decompressed."""
    keys = KeyStore.open(home.keys)
    for zone in zones(home):
        for path in home.zone(zone.name).rglob("*"):
            if path.is_file() and path.read_bytes()[-4:] == b"PARE":
                yield path, _values(read_restricted(path, keys.secret(zone.key)))
    for path in home.root.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()
            if path.read_bytes()[-4:] == b"PAR1":
                yield path, _values(pq.read_table(path))


def _values(table: Any) -> bytes:
    return json.dumps(table.to_pylist(), ensure_ascii=False, default=str).encode()


def _found(home: Home, traces: tuple[str, ...] = TRACES) -> list[str]:
    """Places where a trace of the document stands."""
    needles = [trace.encode() for trace in traces]
    return sorted({str(p.relative_to(home.root)) for p, data in _everything(home) if any(n in data for n in needles)})


def _released(home: Home, corpus: str = "test") -> dict[str, Mapping[str, Any]]:
    root = home.corpus(corpus)
    return {row["doc_id"]: row for s in live_shards(root) for row in pq.read_table(root / s.path).to_pylist()}


def _elsewhere(world: World, directory: Path) -> Home:
    """A copy of the installation that a test may change."""
    shutil.copytree(world.home.root, directory / "home")
    return Home.of(directory / "home")


@dataclass(frozen=True)
class Erasure:
    """An installation before and after one erasure."""

    world: World
    before: Home
    home: Home
    doc_id: str
    certificate: dict[str, Any]
    first_release: str


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Erasure:
    directory = tmp_path_factory.mktemp("erase")
    world = _world(directory)
    result = world.run()
    home = str(world.home.root)
    invoke("share", "register", "team-a", "--home", home)
    invoke("share", "register", "team-b", "--home", home)
    invoke("share", "grant", "team-a", "test", "--home", home)
    invoke("share", "grant", "team-b", "test", "--sources", "texts", "--home", home)
    with serving(world.home) as url:
        for name in ("team-a", "team-b"):
            profile, mine = directory / f"{name}.share", directory / name
            invoke("share", "profile", name, str(profile), "--endpoint", f"{url}/delta-sharing", "--home", home)
            pulled = invoke("pull", str(profile), "test", str(mine), "--key", str(world.home.public_key))
            assert pulled.code == 0, pulled.err
    before = _elsewhere(world, directory / "before")
    doc_id = _id_of(world.home, f"native-{SECRET}")
    certificate = _erase(world.home, doc_id)
    return Erasure(world, before, world.home, doc_id, certificate, result["release_id"])


def test_the_search_finds_the_document_before_it_is_erased(erased: Erasure) -> None:
    places = _found(erased.before)
    assert any(place.startswith("restricted/") for place in places)
    assert any(place.startswith("governed/test/shards/letters/") for place in places)


def test_no_zone_holds_anything_of_it(erased: Erasure) -> None:
    assert _found(erased.home) == []


def test_every_other_document_is_released_as_it_was(erased: Erasure) -> None:
    before, after = _released(erased.before), _released(erased.home)
    assert before.pop(erased.doc_id)["text"].startswith(f"{SECRET}번")
    assert after == before and len(after) == 41


def test_no_version_that_time_travel_reaches_has_it(erased: Erasure) -> None:
    root = erased.home.corpus("test")
    assert head_version(root) == 1
    with pytest.raises(NotFoundError, match="erased"):
        live_shards(root, 0)
    with pytest.raises(Exception, match=r"(?i)version|log"):
        DeltaTable(str(root), version=0).to_pyarrow_table()
    assert DeltaTable(str(root)).to_pyarrow_table(columns=["doc_id"]).num_rows == 41


def test_the_shard_files_that_held_it_are_gone(erased: Erasure) -> None:
    root, old = erased.home.corpus("test"), erased.before.corpus("test")
    held = {s.path for s in live_shards(old)} - {s.path for s in live_shards(root)}
    assert held and not any((root / path).exists() for path in held)
    assert set(erased.certificate["releases"][0]["shards"]) == held
    # What held nothing of it is carried over, byte for byte.
    kept = {s.path for s in live_shards(root)} & {s.path for s in live_shards(old)}
    assert kept and all((root / path).read_bytes() == (old / path).read_bytes() for path in kept)


def test_the_new_release_verifies(erased: Erasure) -> None:
    key = erased.home.public_key.read_bytes()
    report = verify_release(erased.home.corpus("test"), "latest", key)
    assert report.ok and report.release_id == erased.certificate["releases"][0]["release"]


def test_the_older_release_is_altered_by_the_erasure_and_no_more(erased: Erasure) -> None:
    home = str(erased.home.root)
    verified = invoke("verify", erased.first_release, "--key", str(erased.home.public_key), "--home", home)
    assert verified.code == 0 and f"altered by erasure {erased.certificate['erasure']}" in verified.out


def test_a_file_that_the_erasure_does_not_explain_still_fails(erased: Erasure, tmp_path: Path) -> None:
    home = _elsewhere(erased.world, tmp_path)
    next(home.corpus("test").glob("shards/texts/**/*.parquet")).unlink()
    failed = invoke("verify", erased.first_release, "--key", str(home.public_key), "--home", str(home.root))
    assert failed.code == IntegrityError.exit_code


def test_those_who_pulled_it_are_named_and_no_others(erased: Erasure) -> None:
    recipients = erased.certificate["recipients"]
    assert list(recipients) == ["team-a"]
    assert recipients["team-a"] == erased.certificate["releases"][0]["shards"]


def test_the_queue_has_no_task_of_it(erased: Erasure) -> None:
    assert erased.certificate["queue_tasks"] == 1
    # What was written last may still stand in the write-ahead log.
    files = sorted(erased.before.state.glob(f"{erased.before.queue.name}*"))
    assert any(erased.doc_id.encode() in path.read_bytes() for path in files)
    status = [invoke("queue", "status", "--home", str(h.root), "--json").json for h in (erased.before, erased.home)]
    assert [s["projects"][0]["tasks"] for s in status] == [42, 41]


def test_the_certificate_is_signed_and_opens_with_our_key_alone(erased: Erasure, tmp_path: Path) -> None:
    envelope = (erased.home.state / "erasures" / f"{erased.certificate['erasure']}.dsse.json").read_bytes()
    said = open_envelope(envelope, erased.home.public_key.read_bytes(), "certificate")["predicate"]
    assert said == erased.certificate
    assert (said["documents"], said["basis"], said["staged_rows"]) == ([erased.doc_id], "REQ-7", 1)
    stranger = KeyStore.open(tmp_path / "keys", create=True)
    with pytest.raises(IntegrityError, match="not signed by the trusted key"):
        open_envelope(envelope, stranger.public_pem, "certificate")


def test_the_erratum_is_signed_and_names_version_and_files(erased: Erasure) -> None:
    errata = Errata.load(erased.home.corpus("test"), erased.home.public_key.read_bytes())
    assert errata.makes(1) and errata.gone() == set(erased.certificate["releases"][0]["shards"])


def test_a_trace_still_says_what_became_of_it_and_who_has_it(erased: Erasure) -> None:
    (found,) = invoke("trace", erased.doc_id, "--home", str(erased.home.root), "--json").json
    assert found["state"] == "erased"
    assert ("erase", "erasure@1", erased.certificate["erasure"]) in {
        (d["stage"], d["rule"], d["related"]) for d in found["decisions"]
    }
    assert [pull["recipient"] for pull in found["pulls"]] == ["team-a"]
    shown = invoke("trace", erased.doc_id, "--show", "--home", str(erased.home.root))
    assert shown.code == 0 and f"{SECRET}번" not in shown.out


def test_the_event_log_has_who_erased_on_which_ground(erased: Erasure) -> None:
    log = invoke("audit", "log", "--action", "erase", "--home", str(erased.home.root), "--json").json
    (entry,) = [e for e in log if e["action"] == "erase"]
    assert (entry["outcome"], entry["documents"]) == ("done", 1)
    assert f"erasure:{erased.certificate['erasure']}" in entry["subjects"] and entry["policies"] == ["erase-officer"]


def test_erasing_again_changes_nothing(erased: Erasure, tmp_path: Path) -> None:
    home = _elsewhere(erased.world, tmp_path)
    before = identical_set(home)
    again = _erase(home, erased.doc_id)
    assert {k: v for k, v in again.items() if k != "at"} == {k: v for k, v in erased.certificate.items() if k != "at"}
    assert identical_set(home) == before and head_version(home.corpus("test")) == 1


def test_a_query_of_a_release_that_is_out_of_reach_says_so(erased: Erasure) -> None:
    asked = invoke("query", erased.first_release, "SELECT count(*) FROM documents", "--home", str(erased.home.root))
    assert asked.code == NotFoundError.exit_code and "erased" in asked.err


def test_the_next_run_of_the_same_source_does_not_bring_it_back(erased: Erasure, tmp_path: Path) -> None:
    home = _elsewhere(erased.world, tmp_path)
    result = erased.world.run(home=home)
    assert result["worked"] and set(_released(home)) == set(_released(erased.home))
    assert _found(home) == []
    verify_release(home.corpus("test"), "latest", home.public_key.read_bytes()).require()


def test_reading_the_source_anew_does_not_even_stage_its_text(erased: Erasure, tmp_path: Path) -> None:
    home = _elsewhere(erased.world, tmp_path)
    world = World(erased.world.root, erased.world.sources, {**erased.world.settings, "prepare": {"split_bytes": 9_000}})
    world.run(home=home)
    assert erased.doc_id not in _released(home)
    assert _found(home) == []


@pytest.mark.parametrize("change", ["one byte", "another id", "spaces"])
def test_a_copy_under_another_id_in_another_source_stays_out(erased: Erasure, tmp_path: Path, change: str) -> None:
    home = _elsewhere(erased.world, tmp_path)
    text = letter(SECRET)
    copies = {
        "one byte": text.replace("도로", "도료", 1),
        "another id": text,
        "spaces": text.replace(" ", "  "),
    }
    assert change == "another id" or copies[change] != text
    world = World(tmp_path / "more")
    world.root.mkdir()
    world.jsonl("copies", [{"id": "fresh", "text": copies[change]}, {"id": "other", "text": letter(77_000)}])
    world.run(home=home)
    texts = [row["text"] for row in _released(home).values() if row["source"] == "copies"]
    assert [text.startswith("77000번") for text in texts] == [True]
    (found,) = invoke("trace", "fresh", "--home", str(home.root), "--json").json
    assert found["state"] == "erased" and found["decisions"][-1]["rule"] == "tombstone@1"


def test_a_copy_that_was_released_under_other_terms_goes_with_it(tmp_path: Path) -> None:
    # Each class of terms keeps its own copy of a duplicate: all of them are the text that is to be erased.
    world = _world(tmp_path)
    world.jsonl("mirror", [{"id": "m-1", "text": letter(SECRET) + " 끝."}, *documents(2, 300)], terms=OTHER_TERMS)
    world.run()
    assert sum(row["text"].startswith(f"{SECRET}번") for row in _released(world.home).values()) == 2
    certificate = _erase(world.home, _id_of(world.home, f"native-{SECRET}"))
    assert len(certificate["documents"]) == 2
    assert _found(world.home) == []


def test_a_copy_that_was_dropped_as_its_duplicate_is_not_left_staged(tmp_path: Path) -> None:
    world = _world(tmp_path)
    world.jsonl("again", [{"id": "m-1", "text": letter(SECRET)}, *documents(2, 300)])
    world.run()
    _erase(world.home, _id_of(world.home, f"native-{SECRET}"))
    assert _found(world.home) == []


def test_a_shard_that_a_killed_run_left_goes_too(tmp_path: Path) -> None:
    world = _world(tmp_path)
    _malmoi("run", str(world.recipe), "--home", str(world.home.root), MALMOI_CRASH_AT="before-delta-commit")
    assert corpora(world.home) == [] and any("shards/" in place for place in _found(world.home))
    certificate = _erase(world.home, _id_of(world.home, f"native-{SECRET}"))
    assert certificate["releases"] == [] and _found(world.home) == []
    world.run()
    assert _found(world.home) == [] and len(_released(world.home)) == 41


def _malmoi(*arguments: str, expected: int = -signal.SIGKILL, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == expected, done.stderr.decode()[-2000:]


def test_an_erasure_killed_on_its_way_is_continued_by_the_same_command(erased: Erasure, tmp_path: Path) -> None:
    shutil.copytree(erased.before.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    command = ("erase", erased.doc_id, "--basis", "REQ-7", "--yes", "--home", str(home.root))
    for point in ("after-rename", "before-delta-commit", "after-delta-commit"):
        _malmoi(*command, MALMOI_CRASH_AT=point)
    certificate = _erase(home, erased.doc_id)
    assert _found(home) == [] and set(_released(home)) == set(_released(erased.home))
    verify_release(home.corpus("test"), "latest", home.public_key.read_bytes()).require()
    assert list(certificate["recipients"]) == ["team-a"]


def test_a_document_of_a_purged_zone_is_still_found_and_stays_out(erased: Erasure, tmp_path: Path) -> None:
    shutil.copytree(erased.before.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    assert invoke("purge", "--all", "--home", str(home.root)).code == 0
    assert not list(home.restricted.iterdir())
    certificate = _erase(home, erased.doc_id)
    assert certificate["documents"] == [erased.doc_id] and certificate["staged_rows"] == 0
    assert _found(home) == []
    erased.world.run(home=home)
    assert erased.doc_id not in _released(home) and len(_released(home)) == 41


def test_a_whole_source_is_erased_and_stays_out(erased: Erasure, tmp_path: Path) -> None:
    shutil.copytree(erased.before.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    certificate = _erase(home, "--source", "texts")
    assert len(certificate["documents"]) == 12 and sorted(certificate["recipients"]) == ["team-a", "team-b"]
    assert {row["source"] for row in _released(home).values()} == {"letters"}
    assert _found(home, tuple(f"{n + 500}번 문서는" for n in range(12))) == []
    assert not list(home.corpus("test").glob("shards/texts/**/*.parquet"))
    result = erased.world.run(home=home)
    assert [(r["source"], r["policies"]) for r in result["refused"]] == [("texts", ("admit-withdrawn",))]
    assert {row["source"] for row in _released(home).values()} == {"letters"}
    verify_release(home.corpus("test"), "latest", home.public_key.read_bytes()).require()


def test_a_source_that_is_erased_leaves_others_their_own_copies(tmp_path: Path) -> None:
    # The mirror's copy survives by its name; once the mirror is withdrawn, the letter is elected in its place.
    world = World(tmp_path)
    world.jsonl("letters", documents(4), priority=90)
    world.jsonl("a-mirror", documents(1), priority=10)
    world.run()
    texts = {row["text"].partition("번")[0]: row["source"] for row in _released(world.home).values()}
    assert texts == {"0": "a-mirror", "1": "letters", "2": "letters", "3": "letters"}
    certificate = _erase(world.home, "--source", "a-mirror")
    assert len(certificate["documents"]) == 1
    world.run()
    assert sorted(row["text"].partition("번")[0] for row in _released(world.home).values()) == ["0", "1", "2", "3"]


def test_the_last_document_of_a_corpus_can_be_erased(world: World) -> None:
    world.jsonl("letters", documents(1, SECRET))
    world.run()
    _erase(world.home, "--source", "letters")
    assert _found(world.home) == [] and _released(world.home) == {}
    verify_release(world.home.corpus("test"), "latest", world.home.public_key.read_bytes()).require()


def _snapshot(home: Home) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in home.root.rglob("*")
        if path.is_file() and path != home.events and "locks" not in path.parts
    }


def test_an_erasure_without_a_ground_is_refused_and_recorded(erased: Erasure, tmp_path: Path) -> None:
    shutil.copytree(erased.before.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    before = _snapshot(home)
    refused = invoke("erase", erased.doc_id, "--yes", "--home", str(home.root))
    assert refused.code == 3 and "erase-no-basis" in refused.err
    assert _snapshot(home) == before
    log = invoke("audit", "decisions", "--refused", "--home", str(home.root), "--json").json
    assert [(e["action"], e["policies"], e["documents"]) for e in log] == [("erase", ["erase-no-basis"], 1)]


def test_an_erasure_waits_for_no_run_and_touches_nothing_meanwhile(erased: Erasure, tmp_path: Path) -> None:
    shutil.copytree(erased.before.root, tmp_path / "home")
    home = Home.of(tmp_path / "home")
    before = _snapshot(home)
    with exclusive(home.state / "locks" / "test.lock", "corpus test"):
        busy = invoke("erase", erased.doc_id, "--basis", "REQ-7", "--yes", "--home", str(home.root))
    assert busy.code == 5 and "another run" in busy.err
    assert _snapshot(home) == before


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nosuchdocument", "--basis", "R-1", "--yes"), 6, "malmoi trace"),
        (("--source", "lettres", "--basis", "R-1", "--yes"), 6, "letters"),
        (("--basis", "R-1"), 2, "either a doc_id or --source"),
        (("x", "--source", "letters", "--basis", "R-1"), 2, "either a doc_id or --source"),
    ],
)
def test_a_wrong_order_is_a_clear_error(erased: Erasure, arguments: tuple[str, ...], code: int, says: str) -> None:
    failed = invoke("erase", *arguments, "--home", str(erased.home.root))
    assert failed.code == code and says in failed.err
