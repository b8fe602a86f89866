from pathlib import Path

import polars as pl

from pipelines.stages.carry import carried_shards, with_carried_clusters, with_carried_index
from pipelines.tasks import Context
from tests.pipelines.plans import context

INDEX = {"doc_id": pl.String, "source": pl.String, "shard": pl.String, "row": pl.Int64}
COLUMNS = ("doc_id", "survivor_id", "similarity", "rule", "outcome", "cluster_size")


def _clusters(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    whole = [(doc, survivor, 1.0, "near_duplicate@1", outcome, size) for doc, survivor, outcome, size in rows]
    return pl.DataFrame(whole, schema=list(COLUMNS), orient="row").with_columns(pl.col("cluster_size").cast(pl.Int32))


def _adding(directory: Path, index: pl.DataFrame, clusters: pl.DataFrame) -> Context:
    made = context(directory, base_release="base", released=("base",))
    release = made.home.release("test", "base")
    release.mkdir(parents=True)
    index.write_parquet(release / "index.parquet")
    clusters.write_parquet(release / "clusters.parquet")
    return made


def test_a_run_that_replaces_carries_nothing(tmp_path: Path) -> None:
    made, index = context(tmp_path, base_release="base"), pl.DataFrame(schema=INDEX)
    clusters = _clusters(("a", "a", "kept", 2), ("b", "a", "dropped", 2))
    assert carried_shards(made, []) == []
    assert with_carried_index(made, index) is index and with_carried_clusters(made, clusters) is clusters


def test_a_cluster_is_counted_with_all_that_ever_joined_it(tmp_path: Path) -> None:
    before = _clusters(("a", "a", "kept", 2), ("b", "a", "dropped", 2))
    made = _adding(tmp_path, pl.DataFrame(schema=INDEX), before)
    new = _clusters(("a", "a", "kept", 3), ("c", "a", "dropped", 3), ("d", "a", "dropped", 3), ("e", "e", "kept", 1))
    whole = with_carried_clusters(made, new).sort("doc_id")
    assert whole["doc_id"].to_list() == ["a", "b", "c", "d"] and set(whole["cluster_size"]) == {4}
    assert whole.schema == before.schema


def test_the_index_holds_each_shard_once(tmp_path: Path) -> None:
    old = pl.DataFrame([("a", "s", "p1", 0), ("b", "s", "p2", 0)], schema=INDEX, orient="row")
    made = _adding(tmp_path, old, _clusters())
    new = pl.DataFrame([("b", "s", "p2", 0), ("c", "s", "p3", 0)], schema=INDEX, orient="row")
    assert with_carried_index(made, new).sort("doc_id").rows() == [
        ("a", "s", "p1", 0),
        ("b", "s", "p2", 0),
        ("c", "s", "p3", 0),
    ]
