import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from governance.delta import LOG, Shard, clean_log, commit, file_sha256, remove, vacuum
from governance.errata import Change, Erratum, write_erratum
from governance.keys import KeyStore
from governance.manifest import MANIFEST, ROOT, Book, Facts, build
from governance.records.errors import IntegrityError, NotFoundError
from governance.records.schemas import DOCUMENT
from governance.records.storage import write_bytes
from governance.signing import Signer, sign_statement
from governance.verify import LATEST, Report, newest_release, verify_release, verify_shard
from tests.governance.small_release import Corpus, documents

OTHER = Signer(b"\x02" * 32)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = Corpus.at(tmp_path)
    shards = [corpus.shard(f"s{n}", documents(10, first=n * 10)) for n in range(3)]
    corpus.release("r0", shards[:2])
    corpus.release("r1", shards)
    return corpus


def _verify(corpus: Corpus, release: str = LATEST) -> Report:
    return verify_release(corpus.root, release, corpus.keys.public_pem)


def _kinds(report: Report) -> set[tuple[str, str]]:
    return {(problem.kind, problem.where) for problem in report.problems}


def test_an_untouched_release_verifies(corpus: Corpus) -> None:
    report = _verify(corpus)
    assert report == Report("r1", "talk", 1, files=5)
    assert report.ok and not report.altered
    report.require()
    assert _verify(corpus, "r0").ok


def test_a_copy_elsewhere_verifies(corpus: Corpus, tmp_path: Path) -> None:
    shutil.copytree(corpus.root, tmp_path / "pulled")
    assert verify_release(tmp_path / "pulled", LATEST, corpus.keys.public_pem).ok


def _flip(path: Path, at: int = -20) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["shards/s1.parquet", "releases/r1/ledger.parquet", "releases/r1/README.md"])
@pytest.mark.parametrize("at", [0, 5, -1])
def test_one_flipped_byte_of_a_file_is_named(corpus: Corpus, name: str, at: int) -> None:
    _flip(corpus.root / name, at)
    assert ("digest", name) in _kinds(_verify(corpus))


@pytest.mark.parametrize("name", ["shards/s1.parquet", "releases/r1/ledger.parquet"])
def test_a_file_that_is_gone_is_named(corpus: Corpus, name: str) -> None:
    (corpus.root / name).unlink()
    assert ("missing", name) in _kinds(_verify(corpus))


def test_every_flipped_byte_of_the_manifest_is_refused(corpus: Corpus) -> None:
    path = corpus.root / "releases/r1" / MANIFEST
    good = path.read_bytes()
    for at in range(0, len(good), 97):
        altered = bytearray(good)
        altered[at] ^= 1
        path.write_bytes(altered)
        report = _verify(corpus)
        assert {problem.kind for problem in report.problems} == {"signature"}


def _rewrite(corpus: Corpus, change: Callable[[dict], None], signer: Signer) -> None:
    import base64

    path = corpus.root / "releases/r1" / MANIFEST
    statement = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    change(statement)
    path.write_bytes(sign_statement(statement, signer))


def test_a_release_signed_again_with_another_key_is_refused(corpus: Corpus) -> None:
    _rewrite(corpus, lambda statement: None, OTHER)
    report = _verify(corpus)
    assert {problem.kind for problem in report.problems} == {"signature"}
    assert "not signed by the trusted key" in report.problems[0].message
    with pytest.raises(IntegrityError, match="not signed by the trusted key"):
        report.require()


def test_the_key_that_lies_in_the_release_is_not_asked(corpus: Corpus) -> None:
    for name in ("key.pem", f"releases/r1/{MANIFEST}.pem", "public.pem"):
        (corpus.root / name).write_bytes(OTHER.public_pem)
    _rewrite(corpus, lambda statement: None, OTHER)
    assert not _verify(corpus).ok


def _commit_file(corpus: Corpus, version: int = 1) -> Path:
    return corpus.root / LOG / f"{version:020}.json"


def _edit_log(corpus: Corpus, change: Callable[[list[dict]], list[dict]], version: int = 1) -> None:
    path = _commit_file(corpus, version)
    actions = change([json.loads(line) for line in path.read_text().splitlines()])
    path.write_text("".join(json.dumps(action) + "\n" for action in actions))


def _in_add(**changes: object) -> Callable[[list[dict]], list[dict]]:
    def change(actions: list[dict]) -> list[dict]:
        return [{"add": action["add"] | changes} if "add" in action else action for action in actions]

    return change


def _in_stats(**changes: object) -> Callable[[list[dict]], list[dict]]:
    def change(actions: list[dict]) -> list[dict]:
        stats = next(json.loads(action["add"]["stats"]) for action in actions if "add" in action)
        return _in_add(stats=json.dumps(stats | changes))(actions)

    return change


S2 = "shards/s2.parquet"
VECTOR = {"storageType": "u", "pathOrInlineDv": "x", "sizeInBytes": 1, "cardinality": 1}
# What was done to the last commit of the log: how, and what verification says.
ALTERED_LOGS = {
    "a shard dropped": (lambda a: [x for x in a if "add" not in x], {("missing", S2)}),
    "a shard removed": (
        lambda a: [*a, {"remove": {"path": "shards/s0.parquet", "dataChange": True}}],
        {("missing", "shards/s0.parquet")},
    ),
    "a shard added": (
        lambda a: [*a, *_in_add(path="shards/evil.parquet")(a)[1:2]],
        {("unlisted", "shards/evil.parquet")},
    ),
    "a shard under another name": (
        _in_add(path="file:///tmp/s2.parquet"),
        {("missing", S2), ("unlisted", "file:///tmp/s2.parquet")},
    ),
    "another size": (_in_add(size=1), {("delta", S2)}),
    "other rows": (_in_stats(numRecords=1), {("delta", S2), ("statistics", S2)}),
    "other bounds": (_in_stats(maxValues={"chars": 1}), {("statistics", S2)}),
    "no statistics": (_in_add(stats=None), {("delta", "version 1")}),
    "a deletion vector": (_in_add(deletionVector=VECTOR), {("delta", "version 1")}),
    "a partition value": (_in_add(partitionValues={"source": "x"}), {("delta", "version 1")}),
    "another protocol": (
        lambda a: [*a, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7}}],
        {("delta", "version 1")},
    ),
    "no transaction": (lambda a: [x for x in a if "txn" not in x], {("delta", "version 1")}),
    "not JSON": (lambda a: ["x"], {("delta", "version 1")}),
    "an action without a path": (lambda a: [*a, {"add": {}}], {("delta", "version 1")}),
}


@pytest.mark.parametrize("name", ALTERED_LOGS)
def test_an_altered_log_is_named(corpus: Corpus, name: str) -> None:
    change, expected = ALTERED_LOGS[name]
    _edit_log(corpus, change)
    assert _kinds(_verify(corpus, "r1")) == expected
    assert not _verify(corpus).ok


def test_a_log_that_readers_cannot_open_is_named(corpus: Corpus) -> None:
    _edit_log(corpus, lambda a: [{"protocol": {"minReaderVersion": 1}} if "protocol" in x else x for x in a], version=0)
    assert ("delta", "version 1") in _kinds(_verify(corpus))


def test_no_flipped_byte_of_an_unsealed_log_changes_what_is_read_unnoticed(corpus: Corpus) -> None:
    def texts() -> list[str]:
        return sorted(DeltaTable(str(corpus.root)).to_pyarrow_table()["text"].to_pylist())

    expected, path = texts(), _commit_file(corpus)
    good = path.read_bytes()
    for at in range(0, len(good), max(1, len(good) // 40)):
        altered = bytearray(good)
        altered[at] ^= 1
        path.write_bytes(altered)
        assert not _verify(corpus).ok or texts() == expected, at


def test_a_column_renamed_in_the_log_is_named(corpus: Corpus) -> None:
    def rename(actions: list[dict]) -> list[dict]:
        text = json.dumps(actions).replace(r"\"name\\\":\\\"text\\\"", r"\"name\\\":\\\"texts\\\"")
        return json.loads(text.replace('\\"name\\":\\"text\\"', '\\"name\\":\\"texts\\"'))

    _edit_log(corpus, rename, version=0)
    assert ("delta", "version 1") in _kinds(_verify(corpus))


def test_a_shard_added_on_disk_and_in_the_log_is_unlisted(corpus: Corpus) -> None:
    evil = corpus.shard("evil", documents(3, first=90))
    shards = [Shard.of(corpus.root, f"shards/s{n}.parquet", "minutes", "x") for n in range(3)]
    commit(corpus.root, release_id="forged", shards=[*shards, evil], expected_version=2, schema=DOCUMENT)
    assert _kinds(_verify(corpus)) == {("delta", "version 2")}
    assert _verify(corpus, "r1").ok


def test_a_file_laid_beside_the_shards_is_pointed_out(corpus: Corpus) -> None:
    corpus.shard("evil", documents(3, first=90))
    report = _verify(corpus)
    assert report.ok
    assert report.strays == ("shards/evil.parquet",)


@pytest.mark.parametrize("name", ["00000000000000000001.checkpoint.0000000001.0000000001.parquet", "x.compacted.json"])
def test_a_foreign_file_in_the_log_is_named(corpus: Corpus, name: str) -> None:
    (corpus.root / LOG / name).write_bytes(b"")
    assert ("delta", f"{LOG}/{name}") in _kinds(_verify(corpus))


def test_a_forged_checkpoint_is_seen_as_readers_see_it(corpus: Corpus) -> None:
    clean_log(corpus.root)
    path = corpus.root / LOG / f"{1:020}.checkpoint.parquet"
    table = pq.read_table(path)
    rows = [row for row in table.to_pylist() if not row["add"] or row["add"]["path"] != S2]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    assert ("missing", S2) in _kinds(_verify(corpus))


def test_a_log_cut_back_no_longer_shows_the_release(corpus: Corpus) -> None:
    _commit_file(corpus).unlink()
    assert _kinds(_verify(corpus, "r1")) == {("delta", "version 1")}
    # The older state is genuine; only who expects r1 can tell.
    assert _verify(corpus).release_id == "r0"


def test_a_manifest_in_the_place_of_another_is_named(corpus: Corpus) -> None:
    shutil.copy(corpus.root / "releases/r0" / MANIFEST, corpus.root / "releases/r1" / MANIFEST)
    assert _kinds(_verify(corpus)) == {("manifest", MANIFEST)}


def test_the_signed_root_is_no_manifest(corpus: Corpus) -> None:
    shutil.copy(corpus.root / "releases/r1" / ROOT, corpus.root / "releases/r1" / MANIFEST)
    assert _kinds(_verify(corpus)) == {("manifest", MANIFEST)}


def _sign_again(corpus: Corpus, change: Callable[[dict], None]) -> Report:
    (corpus.root / "releases/r1" / ROOT).unlink()
    _rewrite(corpus, change, corpus.keys.signer())
    return _verify(corpus)


# Mistakes of the publisher itself: signed by the right key, and still wrong.
SIGNED_AND_WRONG = {
    "root": (lambda s: s["predicate"]["merkle"].update(root="0" * 64), ("merkle", MANIFEST)),
    "proof": (lambda s: s["predicate"]["shards"][1]["proof"].update(index=0), ("merkle", "shards/s1.parquet")),
    "rows": (lambda s: s["predicate"]["shards"][1].update(rows=9), ("rows", "shards/s1.parquet")),
    "books": (lambda s: s["predicate"]["books"][0].update(came=1), ("books", "minutes")),
    "rows of a source": (lambda s: s["predicate"]["books"][0].update(came=29, kept=29), ("books", "minutes")),
    "path": (lambda s: s["subject"][0].update(name="../x"), ("manifest", "../x")),
}


@pytest.mark.parametrize("name", SIGNED_AND_WRONG)
def test_a_signed_mistake_is_still_named(corpus: Corpus, name: str) -> None:
    change, expected = SIGNED_AND_WRONG[name]
    assert expected in _kinds(_sign_again(corpus, change))


def test_a_manifest_that_was_signed_and_never_committed_is_not_the_newest(corpus: Corpus) -> None:
    facts = Facts("talk", "r2", "plan", 2, "code", {})
    write_bytes(corpus.root / "releases/r2" / MANIFEST, sign_statement(build(facts, [], {}), corpus.keys.signer()))
    assert newest_release(corpus.root) == "r1"
    assert _verify(corpus).ok
    assert _kinds(_verify(corpus, "r2")) == {("delta", "version 2")}


def test_an_unknown_release_and_an_empty_place_are_not_found(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        _verify(corpus, "r9")
    with pytest.raises(NotFoundError):
        verify_release(tmp_path / "nothing", LATEST, corpus.keys.public_pem)


@pytest.fixture
def erased(corpus: Corpus) -> Corpus:
    """s0 rewritten without a document by E-1: a new shard, the old one vacuumed, the log cleaned, an erratum signed."""
    was = file_sha256(corpus.root / "shards/s0.parquet")
    rewritten = corpus.shard("s0-1", documents(9, first=1))
    kept = [Shard.of(corpus.root, f"shards/s{n}.parquet", "minutes", "LicenseRef-KOGL-1") for n in (1, 2)]
    corpus.release("r2", [rewritten, *kept])
    vacuum(corpus.root, ["shards/s0.parquet"])
    clean_log(corpus.root)
    erratum = Erratum("E-1", "talk", ("r0", "r1"), (Change("shards/s0.parquet", was, None),), 2, 2)
    write_erratum(corpus.root, erratum, corpus.keys.signer())
    return corpus


def test_after_an_erasure_the_new_release_verifies_and_the_old_says_why_not(erased: Corpus) -> None:
    assert _verify(erased) == Report("r2", "talk", 2, files=5)
    for old in ("r0", "r1"):
        report = _verify(erased, old)
        assert report.ok and report.altered
        version = {"r0": 0, "r1": 1}[old]
        assert report.notes == ("altered by erasure E-1", f"version {version} is out of reach since erasure E-1")


def test_a_release_that_an_erasure_did_not_touch_says_so(erased: Corpus) -> None:
    erratum = Erratum("E-1", "talk", (), (), 2, 2)
    write_erratum(erased.root, erratum, erased.keys.signer())
    statement = {"releases/r1/README.md", "shards/s1.parquet"}
    report = _verify(erased, "r1")
    assert not report.altered
    assert report.notes == ("version 1 is out of reach since erasure E-1",)
    assert {where for _, where in _kinds(report)}.isdisjoint(statement)


def test_an_erratum_excuses_nothing_else(erased: Corpus) -> None:
    _flip(erased.root / "shards/s1.parquet")
    assert _kinds(_verify(erased, "r1")) == {("digest", "shards/s1.parquet")}


def test_without_its_erratum_an_erased_release_is_broken(erased: Corpus) -> None:
    (erased.root / "errata/E-1.dsse.json").unlink()
    found = _kinds(_verify(erased, "r1"))
    assert found == {("missing", "shards/s0.parquet"), ("delta", "version 1")}


def test_a_forged_or_borrowed_erratum_excuses_nothing(erased: Corpus) -> None:
    erratum = Erratum("E-1", "another corpus", ("r0", "r1"), (), 2, 2)
    write_erratum(erased.root, erratum, erased.keys.signer())
    assert not _verify(erased, "r1").ok
    write_erratum(erased.root, Erratum("E-1", "talk", ("r0", "r1"), (), 2, 2), OTHER)
    assert {problem.kind for problem in _verify(erased, "r1").problems} == {"signature"}


def test_a_version_made_by_an_erasure_needs_no_release(corpus: Corpus) -> None:
    was = file_sha256(corpus.root / "shards/s0.parquet")
    version = remove(corpus.root, ["shards/s0.parquet"], "E-1")
    assert _kinds(_verify(corpus)) == {("delta", "version 2")}
    change = Change("shards/s0.parquet", was, None)
    write_erratum(corpus.root, Erratum("E-1", "talk", ("r0", "r1"), (change,), version, 0), corpus.keys.signer())
    assert _verify(corpus).ok
    _edit_log(corpus, lambda a: [*a, {"add": _added(corpus, "evil")}], version)
    assert _kinds(_verify(corpus)) == {("unlisted", "shards/evil.parquet")}


def _added(corpus: Corpus, name: str) -> dict:
    shard = corpus.shard(name, documents(3, first=90))
    stats = json.dumps(shard.stats)
    return {
        "path": shard.path,
        "size": shard.size,
        "stats": stats,
        "partitionValues": {},
        "modificationTime": 0,
        "dataChange": True,
    }


@pytest.fixture
def pulled(corpus: Corpus) -> tuple[bytes, bytes, dict, bytes]:
    """What a recipient of one shard gets: the signed root, the bytes, the entry; and the key, by another road."""
    import base64

    envelope = (corpus.root / "releases/r1" / MANIFEST).read_bytes()
    entry = json.loads(base64.b64decode(json.loads(envelope)["payload"]))["predicate"]["shards"][1]
    root = (corpus.root / "releases/r1" / ROOT).read_bytes()
    return root, (corpus.root / entry["path"]).read_bytes(), entry, corpus.keys.public_pem


def test_one_shard_verifies_with_the_root_alone(pulled, corpus: Corpus) -> None:
    verify_shard(*pulled)
    verify_shard((corpus.root / "releases/r1" / MANIFEST).read_bytes(), *pulled[1:])


WRONG_PULLS = {
    "another key": (lambda e, d, n, k: (e, d, n, OTHER.public_pem), "not signed by the trusted key"),
    "one byte": (lambda e, d, n, k: (e, d[:-1] + b"x", n, k), "not those that were signed"),
    "other rows": (lambda e, d, n, k: (e, d, n | {"rows": 1}, k), "does not lead to the signed root"),
    "another licence": (lambda e, d, n, k: (e, d, n | {"licence": "CC0-1.0"}, k), "does not lead to the signed root"),
    "another place": (lambda e, d, n, k: (e, d, n | {"proof": n["proof"] | {"index": 0}}, k), "does not lead"),
    "another tree": (lambda e, d, n, k: (e, d, n | {"proof": n["proof"] | {"size": 9}}, k), "does not lead"),
    "no proof": (lambda e, d, n, k: (e, d, {a: b for a, b in n.items() if a != "proof"}, k), "not an inclusion proof"),
    "no envelope": (lambda e, d, n, k: (b"{}", d, n, k), "not a DSSE envelope"),
}


@pytest.mark.parametrize("name", WRONG_PULLS)
def test_a_pull_that_is_wrong_is_refused_by_name(pulled, name: str) -> None:
    change, says = WRONG_PULLS[name]
    with pytest.raises(IntegrityError, match=says):
        verify_shard(*change(*pulled))


def test_a_statement_about_something_else_names_no_shard(pulled, corpus: Corpus) -> None:
    erratum = Erratum("E-1", "talk", (), (), 1, 1).statement()
    with pytest.raises(IntegrityError, match="names no shards"):
        verify_shard(sign_statement(erratum, corpus.keys.signer()), *pulled[1:])


def test_books_that_do_not_balance_stop_at_the_manifest(corpus: Corpus) -> None:
    facts = Facts("talk", "r2", "p", 2, "c", {}, books=[Book("minutes", "judge", "document", 2, 1, 0, 0)])
    with pytest.raises(IntegrityError, match="do not balance"):
        build(facts, [], {})


def test_keys_of_another_installation_do_not_verify(corpus: Corpus, tmp_path: Path) -> None:
    other = KeyStore.open(tmp_path / "other", create=True)
    assert not verify_release(corpus.root, LATEST, other.public_pem).ok
