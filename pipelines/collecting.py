"""Garbage: shards and release directories that no version names, left by runs that never committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow.parquet as pq

from governance.delta import committed_version
from governance.delta_log import known_paths
from governance.records.storage import Location, below, files_below, matching, readable, remove_tree, sweep_temporaries
from pipelines.adding import unused_indexes
from pipelines.home import Home
from pipelines.locks import no_run
from pipelines.stages.protect import protect_name


def collect_garbage(home: Home, *, dry_run: bool) -> dict[str, Any]:
    """Deletes (or only names) what no version that can still be reached names.

    Raises:
        BusyError: a run works on one of the corpora.
    """
    with no_run(home):
        dead = list(garbage(home))
        size = sum(map(_size, dead))
        if not dry_run:
            delete_garbage(home, dead)
            sweep_temporaries(home.root)
    return {"files": sorted(below(path, home.zones) for path in dead), "bytes": size}


def garbage(home: Home) -> Iterator[Location]:
    """Shards and release directories, of every corpus; whoever deletes them holds the corpora's locks."""
    for root in matching(home.governed, "*"):
        named = known_paths(root) | _signed(root)
        yield from (p for p in matching(root, "shards/**/*.parquet") if below(p, root) not in named)
        yield from (p for p in matching(root, "releases/*") if committed_version(root, p.name) is None)
        yield from unused_indexes(home, root.name)


def _signed(root: Location) -> set[str]:
    """Shards of committed releases: an erasure ends the log before them, and they must still verify."""
    indexes = [p for p in root.glob("releases/*/index.parquet") if committed_version(root, p.parent.name) is not None]
    return {
        shard
        for path in indexes
        for shard in pq.read_table(readable(path), columns=["shard"])["shard"].unique().to_pylist()
    }


def delete_garbage(home: Home, dead: Iterable[Location]) -> None:
    """Deletes these, and the receipts that say that the shards are there: a rerun must make them again."""
    for path in dead:
        if path.is_dir():
            remove_tree(path)
            continue
        name = protect_name(below(path, home.governed).partition("/")[2])
        for receipt in home.restricted.glob(f"*/protect/{name}.json"):
            receipt.unlink()
        path.unlink()


def _size(path: Location) -> int:
    return sum((path / name).stat().st_size for name in files_below(path)) if path.is_dir() else path.stat().st_size
