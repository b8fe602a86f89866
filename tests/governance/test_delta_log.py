import json
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from governance.delta import LOG, clean_log, remove
from governance.delta_log import foreign_files, known_paths, replay, versions
from governance.records.errors import IntegrityError, NotFoundError
from tests.governance.small_release import Corpus, documents


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = Corpus.at(tmp_path)
    shards = [corpus.shard(f"s{n}", documents(5, first=5 * n)) for n in range(3)]
    corpus.release("r0", shards[:2])
    corpus.release("r1", shards[1:])
    remove(corpus.root, [shards[1].path], "E-1")
    return corpus


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_replay_is_what_delta_readers_see(corpus: Corpus, version: int) -> None:
    table, log = DeltaTable(str(corpus.root), version=version), replay(corpus.root, version)
    theirs = pa.table(table.get_add_actions())["path"].to_pylist()
    assert sorted(log.adds) == sorted(theirs)
    assert log.metadata["schemaString"] == table.schema().to_json()
    assert log.protocol["minReaderVersion"] == table.protocol().min_reader_version
    assert log.transactions == {name: v for name, v in (("r0", 0), ("r1", 1), ("E-1", 2)) if v <= version}


def test_a_checkpoint_gives_the_same_state(corpus: Corpus) -> None:
    before = replay(corpus.root)
    clean_log(corpus.root)
    after = replay(corpus.root)
    assert versions(corpus.root) == [2]
    assert sorted(after.adds) == sorted(before.adds)
    assert after.transactions == before.transactions
    assert after.metadata["schemaString"] == before.metadata["schemaString"]
    assert {p: a["stats"] for p, a in after.adds.items()} == {p: a["stats"] for p, a in before.adds.items()}


def test_known_paths_are_those_of_every_version(corpus: Corpus) -> None:
    assert known_paths(corpus.root) == {f"shards/s{n}.parquet" for n in range(3)}
    clean_log(corpus.root)
    assert known_paths(corpus.root) == {"shards/s1.parquet", "shards/s2.parquet"}


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b"[1]", b'{"add":{}}', b'{"txn":3}', b'{"remove":[]}', None]
)
def test_a_damaged_commit_is_named(corpus: Corpus, damage: bytes | None) -> None:
    path = corpus.root / LOG / f"{1:020}.json"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    if damage == b"":
        assert "r1" not in replay(corpus.root).transactions
        return
    with pytest.raises(IntegrityError, match=r"00000000000000000001\.json"):
        replay(corpus.root)


def test_a_damaged_checkpoint_is_named(corpus: Corpus) -> None:
    clean_log(corpus.root)
    (corpus.root / LOG / f"{2:020}.checkpoint.parquet").write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match=r"checkpoint\.parquet"):
        replay(corpus.root)


def test_without_its_first_commit_nothing_can_be_replayed(corpus: Corpus) -> None:
    (corpus.root / LOG / f"{0:020}.json").unlink()
    with pytest.raises(NotFoundError):
        replay(corpus.root)


FOREIGN = [
    "00000000000000000000.00000000000000000002.compacted.json",
    "00000000000000000002.checkpoint.0000000001.0000000002.parquet",
    "00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json",
    "00000000000000000002.crc",
    "_sidecars",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_some_readers_prefer_to_the_commits_are_foreign(corpus: Corpus, name: str) -> None:
    assert foreign_files(corpus.root) == []
    (corpus.root / LOG / name).write_text("{}")
    assert foreign_files(corpus.root) == [name]


def test_what_a_killed_writer_leaves_is_not_foreign(corpus: Corpus) -> None:
    (corpus.root / LOG / "00000000000000000003.json#1").write_text("{")
    assert foreign_files(corpus.root) == []
    assert DeltaTable(str(corpus.root)).version() == 2


def test_an_unknown_action_is_passed_over(corpus: Corpus) -> None:
    with (corpus.root / LOG / f"{2:020}.json").open("a") as file:
        file.write("\n" + json.dumps({"domainMetadata": {"domain": "x"}}) + "\n")
    assert sorted(replay(corpus.root).adds) == ["shards/s2.parquet"]
