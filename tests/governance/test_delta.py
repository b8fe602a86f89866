import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from governance.delta import (
    LOG,
    Shard,
    VersionConflictError,
    clean_log,
    commit,
    committed_version,
    head_version,
    live_shards,
    next_version,
    open_table,
    remove,
    vacuum,
)
from governance.records.errors import BusyError, ConfigError, IntegrityError, NotFoundError
from governance.records.schemas import DOCUMENT
from tests.governance.small_release import PLANTED, Corpus, documents


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus.at(tmp_path)


@pytest.fixture
def shards(corpus: Corpus) -> list[Shard]:
    return [corpus.shard(f"s{n}", documents(10, first=n * 10)) for n in range(4)]


def _commit(corpus: Corpus, name: str, shards: list[Shard], version: int) -> int:
    return commit(corpus.root, release_id=name, shards=shards, expected_version=version, schema=DOCUMENT)


def _paths(root: Path, version: int | None = None) -> list[str]:
    return [shard.path for shard in live_shards(root, version)]


def _log(root: Path) -> dict[int, list[dict]]:
    files = sorted((root / LOG).glob("*.json"))
    return {int(file.stem): [json.loads(line) for line in file.read_text().splitlines()] for file in files}


def test_a_release_is_a_version_with_its_shards_and_no_others(corpus: Corpus, shards: list[Shard]) -> None:
    assert head_version(corpus.root) == -1
    assert _commit(corpus, "r0", shards[:2], 0) == 0
    assert _commit(corpus, "r1", shards[1:], 1) == 1
    assert _paths(corpus.root) == [shard.path for shard in shards[1:]]
    assert _paths(corpus.root, 0) == [shard.path for shard in shards[:2]]
    assert committed_version(corpus.root, "r0") == 0


def test_carried_over_shards_are_neither_added_nor_removed(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards[:2], 0)
    _commit(corpus, "r1", shards[1:3], 1)
    actions = _log(corpus.root)[1]
    assert [action["add"]["path"] for action in actions if "add" in action] == [shards[2].path]
    assert [action["remove"]["path"] for action in actions if "remove" in action] == [shards[0].path]


def test_a_release_that_changes_nothing_is_still_a_version(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    assert _commit(corpus, "r1", shards, 1) == 1
    assert _paths(corpus.root, 1) == _paths(corpus.root, 0)


def test_an_empty_release_is_a_version(corpus: Corpus) -> None:
    assert _commit(corpus, "r0", [], 0) == 0
    assert _paths(corpus.root) == []


def test_repeating_a_release_does_nothing_and_says_its_version(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards[:2], 0)
    _commit(corpus, "r1", shards, 1)
    assert _commit(corpus, "r0", shards[:2], 2) == 0
    assert next_version(corpus.root, "r0") == 0
    assert next_version(corpus.root, "r2") == 2
    assert head_version(corpus.root) == 1


def test_a_release_made_for_another_head_is_refused(corpus: Corpus, shards: list[Shard]) -> None:
    with pytest.raises(VersionConflictError):
        _commit(corpus, "r0", shards, 1)
    _commit(corpus, "r0", shards[:1], 0)
    for version in (0, 2):
        with pytest.raises(BusyError, match="manifest"):
            _commit(corpus, "r1", shards, version)
    assert head_version(corpus.root) == 0


@pytest.mark.parametrize("first", [True, False])
def test_of_two_commits_at_once_exactly_one_wins(corpus: Corpus, shards: list[Shard], first: bool) -> None:
    if not first:
        _commit(corpus, "r", shards[:1], 0)
    version = head_version(corpus.root) + 1
    gate, won, lost = threading.Barrier(4), [], []

    def race(name: str) -> None:
        gate.wait()
        try:
            won.append((name, _commit(corpus, name, shards, version)))
        except VersionConflictError:
            lost.append(name)

    threads = [threading.Thread(target=race, args=(f"r-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert committed_version(corpus.root, won[0][0]) == version == head_version(corpus.root)


def test_the_same_release_committed_twice_at_once_is_committed_once(corpus: Corpus, shards: list[Shard]) -> None:
    gate, made = threading.Barrier(3), []

    def race() -> None:
        gate.wait()
        made.append(_commit(corpus, "r0", shards, 0))

    threads = [threading.Thread(target=race) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [0, 0, 0]
    assert list(_log(corpus.root)) == [0]


@pytest.mark.parametrize(("point", "made"), [("before-delta-commit", -1), ("after-delta-commit", 0)])
def test_a_kill_around_the_commit_leaves_all_or_nothing(corpus: Corpus, point: str, made: int) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.governance.small_release import *; "
        "c = Corpus.at(Path(sys.argv[1])); c.release('r0', [c.shard('s0', documents(10))])"
    )
    command = [sys.executable, "-c", code, str(corpus.root.parent)]
    killed = subprocess.run(command, env=os.environ | {"MALMOI_CRASH_AT": point})
    assert killed.returncode == -signal.SIGKILL
    assert head_version(corpus.root) == made
    subprocess.run(command, check=True)
    assert _paths(corpus.root) == ["shards/s0.parquet"]
    assert list(_log(corpus.root)) == [0]


def test_the_log_holds_statistics_of_ids_sources_and_numbers_only(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    text = b"".join(path.read_bytes() for path in (corpus.root / LOG).iterdir())
    assert [word for word in PLANTED if word.encode() in text or json.dumps(word)[1:-1].encode() in text] == []
    stats = live_shards(corpus.root)[0].stats
    assert stats == shards[0].stats
    assert set(stats["minValues"]) == {"doc_id", "source", "chars", "quality", "cluster_size"}


def test_no_commit_makes_a_checkpoint_or_cleans_the_log(corpus: Corpus, shards: list[Shard]) -> None:
    for version in range(12):
        _commit(corpus, f"r{version}", shards[version % 2 :], version)
    assert sorted(path.name for path in (corpus.root / LOG).iterdir()) == [f"{v:020}.json" for v in range(12)]


WRONG_SHARDS = {
    "not there": ({"path": "shards/gone.parquet"}, IntegrityError),
    "another size": ({"size": 1}, IntegrityError),
    "leads out": ({"path": "../corpus/shards/s0.parquet"}, ConfigError),
    "absolute": ({"path": "/tmp/s0.parquet"}, ConfigError),
    "hidden": ({"path": "shards/.s0.parquet"}, ConfigError),
    "escaped": ({"path": "shards/s%30.parquet"}, ConfigError),
    "a text in the name": ({"path": "shards/비밀 본문.parquet"}, ConfigError),
}


@pytest.mark.parametrize("name", WRONG_SHARDS)
def test_a_shard_that_cannot_be_read_from_the_table_is_refused(corpus: Corpus, shards: list[Shard], name: str) -> None:
    changes, error = WRONG_SHARDS[name]
    with pytest.raises(error):
        _commit(corpus, "r0", [Shard(**(vars(shards[0]) | changes))], 0)
    assert head_version(corpus.root) == -1


def test_another_file_of_a_known_name_is_refused(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    other = corpus.shard("s0", documents(11))
    with pytest.raises(IntegrityError, match="never overwritten"):
        _commit(corpus, "r1", [other], 1)


def test_another_schema_is_refused(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    wider = DOCUMENT.append(pa.field("extra", pa.int32(), nullable=False))
    with pytest.raises(IntegrityError, match="another schema"):
        commit(corpus.root, release_id="r1", shards=shards, expected_version=1, schema=wider)


def test_removing_makes_a_version_without_the_files(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    assert remove(corpus.root, [shards[0].path], "E-1", at) == 1
    assert remove(corpus.root, [shards[0].path], "E-1", at) == 1
    assert _paths(corpus.root) == [shard.path for shard in shards[1:]]
    removed = next(action["remove"] for action in _log(corpus.root)[1] if "remove" in action)
    assert removed["deletionTimestamp"] == int(at.timestamp() * 1000)
    with pytest.raises(NotFoundError, match="no such files"):
        remove(corpus.root, [shards[0].path], "E-2")


@pytest.mark.parametrize("reason", ["", "김하늘 님의 요청", "a b", "x" * 65])
def test_the_reason_of_a_removal_is_an_id(corpus: Corpus, shards: list[Shard], reason: str) -> None:
    _commit(corpus, "r0", shards, 0)
    with pytest.raises(ConfigError, match="id"):
        remove(corpus.root, [shards[0].path], reason)


def test_only_files_out_of_the_table_are_vacuumed(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    with pytest.raises(IntegrityError, match="still live"):
        vacuum(corpus.root, [shards[0].path])
    remove(corpus.root, [shards[0].path], "E-1")
    with pytest.raises(IntegrityError):
        vacuum(corpus.root, [shards[0].path, "../keys/signing.parquet"])
    assert vacuum(corpus.root, [shards[0].path]) == [shards[0].path]
    assert vacuum(corpus.root, [shards[0].path]) == []
    assert not (corpus.root / shards[0].path).exists()
    assert (corpus.root / shards[1].path).exists()


def test_after_the_log_is_cleaned_no_reader_reaches_what_was_before(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards, 0)
    remove(corpus.root, [shards[0].path], "E-1")
    assert clean_log(corpus.root) == [f"{0:020}.json"]
    assert clean_log(corpus.root) == []
    with pytest.raises(NotFoundError, match="erased"):
        live_shards(corpus.root, 0)
    with pytest.raises(NotFoundError, match="erased"):
        open_table(corpus.root, 0)
    assert _paths(corpus.root) == [shard.path for shard in shards[1:]]
    text = b"".join(path.read_bytes() for path in (corpus.root / LOG).iterdir())
    assert [word for word in PLANTED if word.encode() in text] == []


def test_releases_go_on_after_the_log_is_cleaned(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards[:2], 0)
    _commit(corpus, "r1", shards, 1)
    clean_log(corpus.root)
    assert _commit(corpus, "r0", shards[:2], 2) == 0
    assert _commit(corpus, "r2", shards[1:], 2) == 2
    clean_log(corpus.root)
    assert sorted(path.name for path in (corpus.root / LOG).glob("*.checkpoint.parquet")) == [
        f"{2:020}.checkpoint.parquet"
    ]
    assert committed_version(corpus.root, "r1") == 1
    assert live_shards(corpus.root)[0].stats == shards[1].stats


def test_a_version_that_was_never_made_is_not_found(corpus: Corpus, shards: list[Shard]) -> None:
    with pytest.raises(NotFoundError, match="no release yet"):
        live_shards(corpus.root)
    with pytest.raises(NotFoundError, match="no release yet"):
        open_table(corpus.root)
    _commit(corpus, "r0", shards, 0)
    with pytest.raises(NotFoundError, match="version 7"):
        live_shards(corpus.root, 7)


@pytest.fixture
def released(corpus: Corpus, shards: list[Shard]) -> Corpus:
    _commit(corpus, "r0", shards[:2], 0)
    _commit(corpus, "r1", shards[1:], 1)
    return corpus


EXPECTED = documents(30, first=10)


@pytest.mark.parametrize("cleaned", [False, True])
def test_deltalake_and_polars_read_a_release(released: Corpus, cleaned: bool) -> None:
    if cleaned:
        clean_log(released.root)
    table = DeltaTable(str(released.root))
    assert sorted(pa.table(table.to_pyarrow_table())["doc_id"].to_pylist()) == sorted(EXPECTED["doc_id"].to_pylist())
    frame = pl.read_delta(str(released.root)).sort("chars")
    assert frame["text"].to_list() == EXPECTED["text"].to_pylist()
    assert frame["quality"].struct.field("hangul_share").to_list() == [n / (n + 1) for n in range(10, 40)]
    if not cleaned:
        assert pl.read_delta(str(released.root), version=0).height == 20


def test_statistics_skip_files_and_lose_no_row(released: Corpus) -> None:
    lazy = pl.scan_delta(str(released.root))
    for bound in range(25, 60, 7):
        found = lazy.filter(pl.col("chars") >= bound).select("chars").collect()["chars"].sort().to_list()
        assert found == [chars for chars in range(30, 60) if chars >= bound]
    for number in (10, 25, 39):
        wanted = EXPECTED["doc_id"][number - 10].as_py()
        assert lazy.filter(pl.col("doc_id") == wanted).collect().height == 1


def test_duckdb_and_pandas_read_the_shards_of_a_release(released: Corpus) -> None:
    files = [str(released.root / path) for path in _paths(released.root)]
    query = "select count(*), sum(chars), sum(quality.syllables), min(pii.level) from read_parquet($files)"
    chars = sum(EXPECTED["chars"].to_pylist())
    assert duckdb.execute(query, {"files": files}).fetchone() == (30, chars, 30, "pseudonymised")
    import pandas as pd

    frame = pd.concat([pd.read_parquet(file) for file in files])
    assert sorted(frame["doc_id"]) == sorted(EXPECTED["doc_id"].to_pylist())
    assert frame["lineage"].iloc[0].tolist() == ["normalise@1", "pii@1"]


def test_datasets_reads_the_shards_of_a_release(released: Corpus, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    files = [str(released.root / path) for path in _paths(released.root)]
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.num_rows == 30
    assert sorted(loaded["chars"]) == EXPECTED["chars"].to_pylist()


def test_the_log_names_no_directory_of_this_machine(corpus: Corpus, shards: list[Shard]) -> None:
    _commit(corpus, "r0", shards[:2], 0)
    _commit(corpus, "r1", shards, 1)
    clean_log(corpus.root)
    text = b"".join(path.read_bytes() for path in (corpus.root / LOG).iterdir())
    assert corpus.root.parent.name.encode() not in text
    assert b"file://" not in text


def test_equal_first_commits_are_equal_bytes(tmp_path: Path) -> None:
    logs = []
    for name in ("one", "two"):
        corpus = Corpus.at(tmp_path / name)
        shard = corpus.shard("s0", documents(5))
        os.utime(corpus.root / shard.path, (1, 1))
        at = datetime(2026, 1, 2, tzinfo=UTC)
        commit(corpus.root, release_id="r0", shards=[shard], expected_version=0, schema=DOCUMENT, at=at)
        logs.append((corpus.root / LOG / f"{0:020}.json").read_bytes())
    assert logs[0] == logs[1]
