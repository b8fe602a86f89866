import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from governance.delta import Shard, commit, head_version, live_shards
from governance.records.errors import NotFoundError
from governance.records.schemas import DOCUMENT
from pipelines.home import Home
from pipelines.releases import (
    RECORD,
    ReleaseRecord,
    corpora,
    decisions,
    documents_of,
    find_release,
    history,
    index_rows,
    latest_release,
)
from tests.end_to_end.conftest import World


@pytest.fixture
def release_id(released: Home) -> str:
    latest = latest_release(released, "test")
    assert latest is not None
    return latest.release_id


def test_the_head_says_what_it_was_made_from(released: Home, released_once: World, release_id: str) -> None:
    latest = latest_release(released, "test")
    assert latest is not None and (latest.corpus, latest.base, latest.reason) == ("test", None, "run")
    assert released.release("test", release_id).is_dir()


def test_a_corpus_without_a_release_has_no_head(released: Home) -> None:
    assert latest_release(released, "other") is None and corpora(released) == ["test"]


def test_the_documents_of_a_release_are_those_since_the_last_that_replaced_all(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path)
    line = [("first", "run", False), ("full", "run", False), ("E-1", "E-1", False), ("more", "run", True)]
    for (name, reason, adds), base in zip(
        [*line, ("E-2", "E-2", False)], [None, *(n for n, _, _ in line)], strict=True
    ):
        directory = home.release("test", name)
        directory.mkdir(parents=True)
        ReleaseRecord("test", name, "core", base, reason, adds).save(directory)
    stopped = [{"source": "letters", "policies": [], "reason": "r"}]
    ReleaseRecord("test", "last", "core", "E-2", "run", True, stopped).save(home.release("test", "last"))
    assert documents_of(home, "test", "last") == {"full": ("letters",), "more": ("letters",), "last": ()}
    assert tuple(documents_of(home, "test", "first")) == ("first",)
    assert documents_of(home, "test", "E-1") == {"full": ()}
    assert documents_of(home, "test", "E-2") == documents_of(home, "test", "more") == {"full": (), "more": ()}


@pytest.mark.parametrize("how", ["corpus", "id", "start", "path"])
def test_a_release_is_found_by_any_of_its_names(released: Home, release_id: str, how: str) -> None:
    given = {
        "corpus": "test",
        "id": release_id,
        "start": release_id[:6],
        "path": str(released.release("test", release_id)),
    }
    assert find_release(released, given[how]) == ("test", release_id)


def test_an_unknown_or_ambiguous_name_is_told_with_the_nearest(released: Home, release_id: str) -> None:
    with pytest.raises(NotFoundError, match=r"no release called 'tets'.*did you mean 'test'"):
        find_release(released, "tets")
    _commit_again(released, release_id, release_id[:6] + "z" * 20)
    with pytest.raises(NotFoundError, match="2 releases called"):
        find_release(released, release_id[:6])
    assert find_release(released, release_id) == ("test", release_id)


def _commit_again(home: Home, release_id: str, name: str) -> None:
    """Commits the release a second time under another name."""
    root = home.corpus("test")
    shutil.copytree(home.release("test", release_id), home.release("test", name))
    shards = [Shard.of(root, shard.path, "letters", "kogl-1") for shard in live_shards(root)]
    commit(root, release_id=name, shards=shards, expected_version=head_version(root) + 1, schema=DOCUMENT)


def test_the_history_is_in_the_order_of_the_commits_whatever_the_names_and_times(
    released: Home, release_id: str
) -> None:
    names = [release_id, "z" * 26, "a" * 26]
    for name in names[1:]:
        _commit_again(released, release_id, name)
    for age, name in enumerate(names):
        os.utime(released.release("test", name), (1_000_000 - age, 1_000_000 - age))
    assert [path.name for path in history(released, "test")] == names


def test_what_was_never_committed_is_no_release(released: Home, release_id: str) -> None:
    shutil.copytree(released.release("test", release_id), released.release("test", "y" * 26))
    assert [path.name for path in history(released, "test")] == [release_id]
    with pytest.raises(NotFoundError, match="no release"):
        find_release(released, "y" * 26)


def test_a_record_is_the_same_bytes_for_the_same_facts(released: Home, release_id: str) -> None:
    directory = released.release("test", release_id)
    before = (directory / RECORD).read_bytes()
    ReleaseRecord(**json.loads(before)).save(directory)
    assert (directory / RECORD).read_bytes() == before


def test_a_document_is_looked_up_in_index_and_ledger(released: Home, release_id: str) -> None:
    directory = released.release("test", release_id)
    doc_id = pq.read_table(directory / "index.parquet")["doc_id"][0].as_py()
    (row,) = index_rows(directory, doc_id)
    assert str(row["shard"]).startswith("shards/") and row["source"] in ("letters", "texts")
    assert decisions(directory, [doc_id])["outcome"].to_pylist()[-1] == "kept"
    assert index_rows(directory, "a" * 26) == [] and decisions(directory, ["a" * 26]).num_rows == 0
