from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from governance.delta import head_version, live_shards
from governance.keys import KeyStore
from governance.verify import verify_release
from pipelines.releases import latest_release
from pipelines.stages.rewrite import Rewritten, rewrite_without
from tests.end_to_end.conftest import World, documents

AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Six shards of three or so documents, a duplicate among them; the tests below rewrite it one after the other."""
    world = World(tmp_path_factory.mktemp("rewrite"))
    world.jsonl("letters", [*documents(9), {**documents(1)[0], "id": "copy"}])
    world.jsonl("notes", documents(3, 50))
    world.settings["publish"] = {"shard_bytes": 3_000}
    world.run()
    yield world


def _documents(world: World) -> dict[str, Any]:
    root = world.home.corpus("test")
    return {d["doc_id"]: d for s in live_shards(root) for d in pq.read_table(root / s.path).to_pylist()}


def _alone(world: World, path: str) -> list[str]:
    rows = pq.read_table(world.home.corpus("test") / path, columns=["doc_id", "cluster_size"]).to_pylist()
    return [row["doc_id"] for row in rows if row["cluster_size"] == 1]


def _without(world: World, name: str, ids: list[str]) -> Rewritten | None:
    return rewrite_without(world.home, KeyStore.open(world.home.keys), "test", name, ids, AT)


def _release(world: World) -> Path:
    latest = latest_release(world.home, "test")
    assert latest is not None
    return world.home.release("test", latest.release_id)


def test_a_document_that_no_release_held_changes_nothing(corpus: World) -> None:
    assert _without(corpus, "E-none", ["a" * 26]) is None and head_version(corpus.home.corpus("test")) == 0


def test_two_documents_of_one_shard_leave_in_one_new_version(corpus: World) -> None:
    before, base = _documents(corpus), _release(corpus)
    # Not the survivor of the duplicate: a later test takes that one.
    alone = {s: _alone(corpus, s.path) for s in live_shards(corpus.home.corpus("test")) if s.rows > 2}
    shard = next(s for s, ids in alone.items() if len(ids) >= 2)
    gone = alone[shard][:2]
    done = _without(corpus, "E-two", gone)
    assert done is not None and done.gone == (shard.path,) and done.version == 1
    assert _documents(corpus) == {k: v for k, v in before.items() if k not in gone}
    verify_release(corpus.home.corpus("test"), "latest", corpus.home.public_key.read_bytes()).require()
    after = _release(corpus)
    assert after != base and (after / "README.md").read_bytes() == (base / "README.md").read_bytes()
    ledger = pl.read_parquet(after / "ledger" / "decisions-*.parquet").filter(pl.col("doc_id").is_in(gone))
    assert set(ledger.select("stage", "rule", "outcome", "related").rows()) == {
        ("erase", "erasure@1", "dropped", "E-two")
    }


def test_repeating_it_is_the_same_release_and_version(corpus: World) -> None:
    index = pl.read_parquet(sorted(corpus.home.corpus("test").glob("releases/*/index.parquet")))
    gone = [d for d in index["doc_id"].unique() if d not in _documents(corpus)]
    assert len(gone) == 2
    release = _release(corpus)
    again = _without(corpus, "E-two", gone)
    assert again is not None and (again.version, again.release_id) == (1, release.name)
    assert head_version(corpus.home.corpus("test")) == 1


def test_a_shard_of_which_nothing_is_left_is_not_written_again(corpus: World) -> None:
    root = corpus.home.corpus("test")
    shard = next(s for s in live_shards(root) if "/notes/" in s.path)
    gone = pq.read_table(root / shard.path)["doc_id"].to_pylist()
    before = {s.path for s in live_shards(root)}
    done = _without(corpus, "E-all", gone)
    assert done is not None and {s.path for s in live_shards(root)} == before - {shard.path}
    assert not (root / shard.path).exists() and not list(root.rglob("*E-all.parquet"))
    verify_release(root, "latest", corpus.home.public_key.read_bytes()).require()


def test_a_survivor_that_goes_takes_its_cluster_out_of_the_record(corpus: World) -> None:
    clusters = pl.read_parquet(_release(corpus) / "clusters.parquet")
    assert clusters.height == 2
    survivor = clusters["survivor_id"][0]
    assert _without(corpus, "E-survivor", [survivor]) is not None
    assert pl.read_parquet(_release(corpus) / "clusters.parquet").height == 0


def test_the_index_of_the_new_release_leads_to_every_row(corpus: World) -> None:
    root = corpus.home.corpus("test")
    index = pl.read_parquet(_release(corpus) / "index.parquet")
    assert set(index["doc_id"]) == set(_documents(corpus))
    for row in index.iter_rows(named=True):
        assert pq.read_table(root / row["shard"])["doc_id"][row["row"]].as_py() == row["doc_id"]
