"""Garbage: files in the governed zone that no version names, left by runs that never committed."""

from __future__ import annotations

import shutil
from typing import Any

from governance.delta import committed_version, live_shards
from governance.manifest import MANIFEST
from governance.records.storage import exclusive, sweep_temporaries
from pipelines.home import Home
from pipelines.releases import corpora


def collect_garbage(home: Home, *, dry_run: bool) -> dict[str, Any]:
    """Deletes (or only names) shards that the head does not have and release directories that were never committed.

    Raises:
        BusyError: a run works on one of the corpora.
    """
    files: list[str] = []
    size = 0
    for corpus in corpora(home):
        with exclusive(home.state / "locks" / f"{corpus}.lock", f"corpus {corpus}"):
            root = home.corpus(corpus)
            live = {root / shard.path for shard in live_shards(root)}
            dead = [
                path for path in root.glob("shards/**/*.parquet") if path not in live and not _named(home, corpus, path)
            ]
            dead += [
                p.parent for p in root.glob(f"releases/*/{MANIFEST}") if committed_version(root, p.parent.name) is None
            ]
            for path in dead:
                size += _size(path)
                files.append(str(path.relative_to(home.root)))
                if not dry_run:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not dry_run:
        sweep_temporaries(home.root)
    return {"files": sorted(files), "bytes": size}


def _named(home: Home, corpus: str, path: Any) -> bool:
    """Whether an older committed release, still reachable by time travel, has the shard."""
    root = home.corpus(corpus)
    name = path.relative_to(root).as_posix()
    for directory in (root / "releases").iterdir():
        version = committed_version(root, directory.name)
        if version is not None and name in {shard.path for shard in live_shards(root, version)}:
            return True
    return False


def _size(path: Any) -> int:
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size
