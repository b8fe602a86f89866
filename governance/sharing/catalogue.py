"""Corpora as tables: which versions there are, and which shards each has. Statistics of columns are never read here."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any

import pyarrow as pa

from governance.delta import LOG, open_table
from governance.entitlements import Shard
from governance.records.errors import ConfigError, NotFoundError
from governance.records.storage import Location

_COMMIT = re.compile(r"(\d{20})\.(json|checkpoint\.parquet)")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KEPT_VERSIONS = 32


@dataclass(frozen=True)
class TableVersion:
    """One version of a corpus's table.

    Attributes:
        release_id: the release that made it, or the erasure.
        timestamp: when it was committed, milliseconds since 1970.
        metadata: id and schemaString of the table, as Delta has them.
    """

    corpus: str
    number: int
    release_id: str
    timestamp: int
    metadata: dict[str, Any]
    shards: tuple[Shard, ...]

    def shard(self, file_id: str) -> Shard:
        """The shard with this id.

        Raises:
            NotFoundError: this version has none.
        """
        found = self._by_id.get(file_id)
        if found is None:
            raise NotFoundError(f"version {self.number} of {self.corpus} has no file {file_id[:32]}")
        return found

    @cached_property
    def _by_id(self) -> dict[str, Shard]:
        return {shard.id: shard for shard in self.shards}


class Catalogue:
    """Reads the tables below a directory. A version never changes, so it is kept once read, while its commit stands."""

    def __init__(self, corpora: Location) -> None:
        self._corpora = corpora
        self._versions: OrderedDict[tuple[str, int], TableVersion] = OrderedDict()
        self._lock = Lock()

    def root(self, corpus: str) -> Location:
        """Directory of a corpus.

        Raises:
            NotFoundError: no such corpus, or no name of one.
        """
        root = self._corpora / corpus
        if not _NAME.fullmatch(corpus) or not (root / LOG).is_dir():
            raise NotFoundError(f"no table {corpus[:63]!r}")
        return root

    def head(self, corpus: str) -> int:
        """Number of the newest version.

        Raises:
            NotFoundError: no such corpus.
        """
        return max(self._numbers(corpus), default=-1)

    def _numbers(self, corpus: str) -> set[int]:
        found = (_COMMIT.fullmatch(path.name) for path in (self.root(corpus) / LOG).iterdir())
        return {int(match[1]) for match in found if match}

    def version(self, corpus: str, number: int | None = None) -> TableVersion:
        """A version, or the newest.

        Raises:
            NotFoundError: no such corpus or version; an erased version is none.
        """
        numbers = self._numbers(corpus)
        wanted = max(numbers, default=-1) if number is None else number
        if wanted not in numbers:
            raise NotFoundError(f"table {corpus} has no version {wanted}: it was never made, or was erased")
        with self._lock:
            if (corpus, wanted) not in self._versions:
                self._versions[corpus, wanted] = self._read(corpus, wanted)
                while len(self._versions) > _KEPT_VERSIONS:
                    self._versions.popitem(last=False)
            return self._versions[corpus, wanted]

    def _read(self, corpus: str, number: int) -> TableVersion:
        table = open_table(self.root(corpus), number)
        commit = table.history(limit=1)[0]
        actions = pa.table(table.get_add_actions()).select(["path", "size_bytes", "num_records"]).to_pylist()
        shards = (Shard.at(corpus, a["path"], size=a["size_bytes"], rows=_rows(a["num_records"])) for a in actions)
        return TableVersion(
            corpus=corpus,
            number=number,
            release_id=str(commit.get("malmoi", "")),
            timestamp=int(commit["timestamp"]),
            metadata={"id": str(table.metadata().id), "schemaString": table.schema().to_json()},
            shards=tuple(sorted((shard for shard in shards if shard), key=lambda shard: shard.path)),
        )

    def at(self, corpus: str, moment: datetime, *, earliest_after: bool = False) -> TableVersion:
        """The version that was current at a moment, or with `earliest_after` the first one committed from then on.

        Raises:
            ConfigError: the table has none such.
        """
        milliseconds = int(moment.timestamp() * 1000)
        numbers = sorted(self._numbers(corpus))
        versions = [self.version(corpus, number) for number in numbers]
        before = [version for version in versions if version.timestamp <= milliseconds]
        after = [version for version in versions if version.timestamp >= milliseconds]
        found = after[:1] if earliest_after else before[-1:]
        if not found:
            side = "from" if earliest_after else "at"
            raise ConfigError(f"table {corpus} has no version {side} {moment:%Y-%m-%dT%H:%M:%SZ}")
        return found[0]


def _rows(value: int | None) -> int:
    return -1 if value is None else value
