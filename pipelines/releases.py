"""Releases as they stand on disk: which one is the head, what it was made from, and how a name leads to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.delta import head_version, open_table
from governance.delta_log import replay
from governance.records.errors import NotFoundError
from governance.records.ids import canonical_json
from governance.records.settings import nearest
from governance.records.storage import Location, matching, readable, write_bytes
from pipelines.home import Home

RECORD = "release.json"


@dataclass(frozen=True)
class ReleaseRecord:
    """What a release says of itself; a subject of its manifest.

    Attributes:
        core: hash of the plan, for a run; of the erasure, for an erasure.
        base: release it starts from.
        reason: "run" or the id of the erasure.
        adds: whether it holds its base, and more.
        stopped: sources of its base whose documents it does not hold, and why: source, policies and reason.
    """

    corpus: str
    release_id: str
    core: str
    base: str | None
    reason: str
    adds: bool = False
    stopped: Sequence[Mapping[str, Any]] = ()

    def save(self, directory: Location) -> None:
        """Writes the record into the release."""
        write_bytes(directory / RECORD, canonical_json(asdict(self)))


def latest_release(home: Home, corpus: str) -> ReleaseRecord | None:
    """The release at the head of a corpus, or None before the first."""
    root = home.corpus(corpus)
    if head_version(root) < 0:
        return None
    release_id = open_table(root).history(limit=1)[0]["malmoi"]
    return ReleaseRecord(**json.loads((home.release(corpus, release_id) / RECORD).read_bytes()))


def documents_of(home: Home, corpus: str, release_id: str) -> dict[str, tuple[str, ...]]:
    """The runs whose documents a release holds, the oldest first: one that replaced all, and those that added to it.

    With each stand the sources of which it holds no document any more, since a later run stopped them.
    """
    found: dict[str, tuple[str, ...]] = {}
    stopped: set[str] = set()
    at: str | None = release_id
    while at is not None:
        record = ReleaseRecord(**json.loads((home.release(corpus, at) / RECORD).read_bytes()))
        if record.reason == "run":
            found[at] = tuple(sorted(stopped))
            stopped |= {str(refusal["source"]) for refusal in record.stopped}
            if not record.adds:
                break
        at = record.base
    return dict(reversed(found.items()))


def corpora(home: Home) -> list[str]:
    """Names of the corpora that have a release."""
    return [path.parent.name for path in matching(home.governed, "*/_delta_log")]


def history(home: Home, corpus: str) -> list[Location]:
    """Directories of the committed releases of a corpus, the oldest first; what a killed run left is none."""
    releases = home.corpus(corpus) / "releases"
    committed = sorted(replay(home.corpus(corpus)).transactions.items(), key=lambda item: item[1])
    return [releases / name for name, _ in committed if (releases / name).is_dir()]


def find_release(home: Home, given: str) -> tuple[str, str]:
    """(corpus, release id) of a release named by its path, its id, the start of its id, or its corpus (its head).

    Raises:
        NotFoundError: nothing, or more than one release, has this name.
    """
    if given in corpora(home):
        latest = latest_release(home, given)
        assert latest is not None
        return given, latest.release_id
    known = {directory.name: corpus for corpus in corpora(home) for directory in history(home, corpus)}
    wanted = given.rstrip("/").rpartition("/")[2]
    matches = [release_id for release_id in known if release_id.startswith(wanted)]
    if len(matches) != 1:
        why = "no release" if not matches else f"{len(matches)} releases"
        raise NotFoundError(f"{why} called {given!r} in {home.root}{nearest(given, [*corpora(home), *known])}")
    return known[matches[0]], matches[0]


def shards_of_release(home: Home, corpus: str, release_id: str) -> set[str]:
    """Paths of the shards that a release names."""
    path = home.release(corpus, release_id) / "index.parquet"
    return (
        set(pq.read_table(readable(path), columns=["shard"])["shard"].unique().to_pylist()) if path.is_file() else set()
    )


def index_rows(directory: Location, doc_id: str) -> list[dict[str, object]]:
    """Where a document stands in a release: shard and row."""
    table = pq.read_table(readable(directory / "index.parquet"), filters=pc.field("doc_id") == doc_id)
    return table.to_pylist()


def decisions(directory: Location, doc_ids: list[str]) -> pa.Table:
    """Every decision of a release's ledger on these documents."""
    found = [
        pq.read_table(readable(path), filters=pc.field("doc_id").isin(doc_ids))
        for path in matching(directory / "ledger", "decisions-*.parquet")
    ]
    return pa.concat_tables(found)
