"""The clusters of a release with the sources and licences of their members."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from governance.records.errors import NotFoundError
from governance.records.storage import Location, matching, readable
from pipelines.home import Home
from pipelines.releases import history

UNKNOWN = "–"


def cluster_members(home: Home, corpus: str, release_id: str) -> pl.DataFrame:
    """One row a member: the columns of clusters.parquet, and source and licence."""
    directory = home.release(corpus, release_id)
    clusters = pl.DataFrame(pq.read_table(readable(directory / "clusters.parquet")))
    sources = pl.DataFrame(schema={"doc_id": pl.String, "source": pl.String})
    for ledger in matching(directory, "ledger/decisions-*.parquet"):
        known = pl.DataFrame(pq.read_table(readable(ledger), columns=["doc_id", "source"]))
        sources.extend(known.join(clusters, on="doc_id", how="semi"))
    sources = sources.unique("doc_id")
    licences = _licences(home, corpus)
    licence = pl.col("source").replace_strict(licences, default=UNKNOWN, return_dtype=pl.String)
    joined = clusters.join(sources, on="doc_id", how="left").with_columns(pl.col("source").fill_null(UNKNOWN))
    return joined.with_columns(licence=licence)


def largest(members: pl.DataFrame, top: int) -> list[dict[str, Any]]:
    """The largest clusters: survivor, size, sources and outcomes by number, licences, least similarity."""
    whole = members.group_by("survivor_id").agg(
        size=pl.len(),
        source=pl.col("source"),
        licences=pl.col("licence").unique().sort(),
        outcome=pl.col("outcome"),
        least_similarity=pl.col("similarity").min(),
    )
    rows = whole.sort(["size", "survivor_id"], descending=[True, False]).head(top).to_dicts()
    return [
        {
            "survivor": row["survivor_id"],
            "size": row["size"],
            "sources": _counted(row["source"]),
            "licences": row["licences"],
            "outcomes": _counted(row["outcome"]),
            "least_similarity": row["least_similarity"],
        }
        for row in rows
    ]


def cluster_of(members: pl.DataFrame, documents: list[str]) -> list[dict[str, Any]]:
    """Members of the cluster that holds these documents, the survivor first, then the most alike.

    Raises:
        NotFoundError: a document is in no cluster, or two are in different ones.
    """
    roots = []
    for document in documents:
        row = members.filter(pl.col("doc_id") == document)
        if row.is_empty():
            raise NotFoundError(f"{document}: in no cluster of this release; it met no duplicate, or has another id")
        roots.append(row["survivor_id"][0])
    if len(set(roots)) > 1:
        raise NotFoundError(f"{documents[0]} and {documents[1]} are in different clusters: {roots[0]} and {roots[1]}")
    found = members.filter(pl.col("survivor_id") == roots[0])
    order = [pl.col("doc_id") != roots[0], -pl.col("similarity"), pl.col("doc_id")]
    return found.sort(order).to_dicts()


def _counted(values: list[str]) -> dict[str, int]:
    return {value: values.count(value) for value in sorted(set(values))}


def _licences(home: Home, corpus: str) -> dict[str, str]:
    """Licence of each source, as the lineage of the corpus states it; the latest statement counts."""
    found: dict[str, str] = {}
    for directory in history(home, corpus):
        for facet in _facets(directory / "lineage.jsonl"):
            found |= {entry["source"]: entry["licence"] for entry in facet["sources"]}
    return found


def _facets(path: Location) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        for dataset in [*event.get("outputs", []), *event.get("inputs", []), event.get("dataset", {})]:
            facet = dataset.get("facets", {}).get("malmoi_licence")
            if facet is not None:
                yield facet
