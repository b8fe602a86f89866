"""A small release for tests: a few invented documents, in a table of its own, signed and committed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from governance.delta import Shard, commit, file_sha256, head_version
from governance.keys import KeyStore
from governance.ledger import write_ledger
from governance.manifest import MANIFEST, ROOT, Book, Facts, build, root_statement
from governance.parquet import write_released
from governance.records.ids import base32
from governance.records.schemas import DECISION, DOCUMENT
from governance.records.storage import write_bytes
from governance.signing import sign_statement

# Words that stand in no file name, schema or vocabulary of ours: where they turn up, a value leaked.
PLANTED = ("가나비밀본문", "SECRETTEXT", "비밀제목", "SECRETTITLE", "secret-host.invalid", "SECRETDOMAIN", "비밀저자")


def doc_id(number: int) -> str:
    """An id of the right shape."""
    return base32(number.to_bytes(16, "big"))


def documents(rows: int, *, first: int = 0, source: str = "minutes", release_id: str = "r") -> pa.Table:
    """Documents whose text, title, URL, author and domain hold the planted words, first characters included."""
    measures = {field.name: 1 for field in DOCUMENT.field("quality").type}
    return pa.Table.from_pylist(
        [
            {
                "doc_id": doc_id(number),
                "text": f"{PLANTED[number % 2]} {number} 회의록 본문입니다. " * (1 + number % 5),
                "source": source,
                "title": f"{PLANTED[2 + number % 2]} {number}" if number % 3 else None,
                "url": f"https://{PLANTED[4]}/{number}",
                "author": PLANTED[6],
                "published_at": datetime(2024, 1, 1, tzinfo=UTC),
                "collected_at": None,
                "sector": "government",
                "domain": PLANTED[5],
                "licence": "LicenseRef-KOGL-1",
                "language": "ko",
                "chars": 20 + number,
                "quality": measures | {"hangul_share": number / (number + 1)},
                "pii": {"level": "pseudonymised", "counts": [{"kind": "phone", "count": number % 4}]},
                "cluster_size": 1 + number % 2,
                "release_id": release_id,
                "lineage": ["normalise@1", "pii@1"],
            }
            for number in range(first, first + rows)
        ],
        schema=DOCUMENT,
    )


def decisions(rows: int, source: str = "minutes") -> pa.Table:
    """One decision a document."""
    return pa.Table.from_pylist(
        [
            {
                "doc_id": doc_id(number),
                "source": source,
                "stage": "judge",
                "rule": "hangul_share@1",
                "outcome": "kept" if number % 2 else "dropped",
                "measured": number / 10,
                "bound": 0.5,
                "code": None,
                "related": None,
            }
            for number in range(rows)
        ],
        schema=DECISION,
    )


@dataclass(frozen=True)
class Corpus:
    """A corpus's table and the keys it is signed with."""

    root: Path
    keys: KeyStore

    @classmethod
    def at(cls, directory: Path) -> Corpus:
        """An empty one."""
        return cls(directory / "corpus", KeyStore.open(directory / "keys", create=True))

    def shard(self, name: str, table: pa.Table) -> Shard:
        """Writes a shard and measures it."""
        path = f"shards/{name}.parquet"
        write_released(self.root / path, table)
        return Shard.of(self.root, path, table["source"][0].as_py(), "LicenseRef-KOGL-1")

    def release(self, release_id: str, shards: list[Shard]) -> dict:
        """Signs and commits a release of these shards; returns its statement."""
        directory = self.root / "releases" / release_id
        write_ledger(directory / "ledger.parquet", decisions(20))
        write_bytes(directory / "README.md", b"# card\n")
        names = ("ledger.parquet", "README.md")
        files = {f"releases/{release_id}/{name}": file_sha256(directory / name) for name in names}
        statement = build(self.facts(release_id, shards), shards, files)
        signer = self.keys.signer()
        write_bytes(directory / MANIFEST, sign_statement(statement, signer))
        write_bytes(directory / ROOT, sign_statement(root_statement(statement), signer))
        commit(
            self.root,
            release_id=release_id,
            shards=shards,
            expected_version=statement["predicate"]["deltaVersion"],
            schema=DOCUMENT,
        )
        return statement

    def facts(self, release_id: str, shards: list[Shard]) -> Facts:
        """Facts of a release whose books balance."""
        rows = sum(shard.rows for shard in shards)
        books = [Book("minutes", "release", "document", rows, rows, 0, 0)] if shards else []
        return Facts("talk", release_id, "plan", head_version(self.root) + 1, "code", {"name": "demo"}, books=books)
