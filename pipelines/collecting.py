"""Garbage: shards and release directories that no version names, left by runs that never committed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from governance.delta import committed_version
from governance.delta_log import known_paths
from governance.records.storage import sweep_temporaries
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
    return {"files": sorted(str(path.relative_to(home.root)) for path in dead), "bytes": size}


def garbage(home: Home) -> Iterator[Path]:
    """Shards and release directories, of every corpus; whoever deletes them holds the corpora's locks."""
    for root in sorted((home.root / "governed").glob("*")):
        named = known_paths(root) | _signed(root)
        yield from (p for p in sorted(root.glob("shards/**/*.parquet")) if p.relative_to(root).as_posix() not in named)
        yield from (p for p in sorted(root.glob("releases/*")) if committed_version(root, p.name) is None)
        yield from unused_indexes(home, root.name)


def _signed(root: Path) -> set[str]:
    """Shards of committed releases: an erasure ends the log before them, and they must still verify."""
    indexes = [p for p in root.glob("releases/*/index.parquet") if committed_version(root, p.parent.name) is not None]
    return {shard for path in indexes for shard in pq.read_table(path, columns=["shard"])["shard"].unique().to_pylist()}


def delete_garbage(home: Home, dead: Iterable[Path]) -> None:
    """Deletes these, and the receipts that say that the shards are there: a rerun must make them again."""
    for path in dead:
        if path.is_dir():
            shutil.rmtree(path)
            continue
        name = protect_name("/".join(path.relative_to(home.root).parts[2:]))
        for receipt in home.restricted.glob(f"*/protect/{name}.json"):
            receipt.unlink()
        path.unlink()


def _size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size
