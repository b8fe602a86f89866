from __future__ import annotations

import pytest

from governance.keys import KeyStore
from governance.records.errors import NotFoundError
from pipelines.clusters.table import UNKNOWN, cluster_members, cluster_of, largest
from pipelines.finding import by_native_id
from pipelines.home import Home
from pipelines.releases import find_release


def members(home: Home):
    return cluster_members(home, *find_release(home, "test"))


def test_every_member_has_its_source_and_licence(released: Home, keys: KeyStore) -> None:
    found = members(released)
    ids = {by_native_id(released, keys, name)[0].doc_id for name in ("native-00000", "copy")}
    assert set(found["doc_id"]) == ids
    assert set(found["source"]) == {"letters"} and set(found["licence"]) == {"LicenseRef-KOGL-1"}


def test_the_largest_come_first_with_what_they_hold(released: Home) -> None:
    (row,) = largest(members(released), 5)
    assert row["size"] == 2 and row["sources"] == {"letters": 2} and row["licences"] == ["LicenseRef-KOGL-1"]
    assert row["outcomes"] == {"dropped": 1, "kept": 1} and row["least_similarity"] == 1.0
    assert largest(members(released), 5) == largest(members(released).reverse(), 5)


def test_a_cluster_is_found_by_any_member_the_survivor_first(released: Home) -> None:
    found = members(released)
    for document in found["doc_id"]:
        cluster = cluster_of(found, [document])
        assert [m["doc_id"] == m["survivor_id"] for m in cluster] == [True, False]


def test_a_document_without_a_duplicate_is_not_found(released: Home, keys: KeyStore) -> None:
    alone = by_native_id(released, keys, "native-00005")[0].doc_id
    with pytest.raises(NotFoundError, match="in no cluster"):
        cluster_of(members(released), [alone])


def test_members_of_different_clusters_are_not_compared(released: Home) -> None:
    import polars as pl

    found = members(released)
    other = found.with_columns(
        doc_id="x" + pl.col("doc_id").str.slice(1), survivor_id="x" + pl.col("survivor_id").str.slice(1)
    )
    both = pl.concat([found, other])
    with pytest.raises(NotFoundError, match="different clusters"):
        cluster_of(both, [found["doc_id"][0], other["doc_id"][0]])


def test_without_a_ledger_sources_are_unknown_and_not_guessed(released: Home) -> None:
    corpus, release = find_release(released, "test")
    for path in released.release(corpus, release).glob("ledger/*.parquet"):
        path.unlink()
    assert set(members(released)["source"]) == {UNKNOWN} == set(members(released)["licence"])
