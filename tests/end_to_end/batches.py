"""An installation that is fed batch by batch, and what it says of what became of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from governance.delta import live_shards
from governance.keys import KeyStore
from governance.restricted import read_restricted
from pipelines.home import Home
from tests.end_to_end.conftest import TERMS, World

OTHER_TERMS = {"licence": "CC-BY-SA-4.0", "holder": "시험", "legal_basis": "licence", "evidence": ["x"]}
Batch = Mapping[str, Mapping[str, str]]  # source: {native id: text}


@dataclass
class Corpus:
    """One installation, fed batch by batch."""

    root: Path
    home: Home
    number: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=lambda: {"mirror": OTHER_TERMS})
    world: World = field(init=False)

    def run(
        self, *batches: Batch, home: Home | None = None, against: str = "sources", **request: Any
    ) -> dict[str, Any]:
        """A run whose sources hold these batches, a file each."""
        self.number += 1
        world = World(self.root / f"run-{self.number}")
        world.root.mkdir(parents=True)
        for source in sorted({name for batch in batches for name in batch}):
            files = {f"{n}.jsonl": lines(batch.get(source, {})) for n, batch in enumerate(batches)}
            terms = self.terms.get(source, TERMS)
            world.add(source, files, terms=terms, fields={"native_id": "id"})
        world.settings |= {**self.settings, "deduplicate": {"against": against, **self.settings.get("deduplicate", {})}}
        self.world = world
        return world.run(home=home or self.home, **request)

    def elsewhere(self, name: str) -> Home:
        """A copy of the installation."""
        shutil.copytree(self.home.root, self.root / name)
        return Home.of(self.root / name)


def lines(batch: Mapping[str, str]) -> bytes:
    return "".join(json.dumps({"id": i, "text": t}, ensure_ascii=False) + "\n" for i, t in batch.items()).encode()


def released(home: Home) -> dict[str, str]:
    root = home.corpus("test")
    return {d: t for s in live_shards(root) for d, t in pl.read_parquet(root / s.path).select("doc_id", "text").rows()}


def decisions(result: Mapping[str, Any]) -> pl.DataFrame:
    return pl.concat(pl.read_parquet(p) for p in sorted((Path(result["release"]) / "ledger").glob("decisions-*")))


def fates(result: Mapping[str, Any], *, of: set[str] | None = None) -> set[tuple[Any, ...]]:
    """What Deduplicate decided on documents that are not, or no more, in the release, and on the marked ones."""
    told = decisions(result).filter(pl.col("stage") == "deduplicate")
    rows = told.select("doc_id", "rule", "outcome", "measured", "related").rows()
    return {row for row in rows if of is None or row[0] in of}


def index_bytes(home: Home) -> bytes:
    """Everything that the index says, decrypted, and its files as they lie."""
    key, found = KeyStore.open(home.keys).secret("index/test"), b""
    for path in sorted(home.index("test").rglob("*")):
        if path.is_file():
            found += path.read_bytes()
        if path.suffix == ".parquet":
            rows = read_restricted(path, key).to_pylist()
            found += b"\n".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row.values())
    return found
