"""Rewrite: a release without some documents, as a new version; what held them is deleted and accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.delta import Shard, clean_log, commit, head_version, live_shards, next_version, vacuum
from governance.errata import Change, Erratum, write_erratum
from governance.keys import KeyStore
from governance.ledger import write_cuts, write_ledger, write_sentences, write_spans
from governance.manifest import MANIFEST, Book, Facts, shards_of
from governance.parquet import write_released
from governance.records.ids import content_name
from governance.records.schemas import DECISION, DOCUMENT
from governance.records.storage import Location, matching, readable, write_bytes
from governance.seal import seal_release
from governance.signing import open_envelope
from pipelines.discovering import Held, hold
from pipelines.home import Home
from pipelines.releases import ReleaseRecord, latest_release
from pipelines.stages.describe import RELEASE_STAGE, released, signed

ERASE_RULE = "erasure@1"


@dataclass(frozen=True)
class Rewritten:
    """What became of one corpus. `gone` are the shard paths that held one of the documents."""

    corpus: str
    release_id: str
    version: int
    gone: tuple[str, ...]

    def record(self) -> dict[str, object]:
        """For the certificate."""
        return {"corpus": self.corpus, "release": self.release_id, "version": self.version, "shards": list(self.gone)}


def rewrite_without(
    home: Home, keys: KeyStore, corpus: str, erasure: str, doc_ids: Sequence[str], at: datetime
) -> Rewritten | None:
    """Commits a release without the documents, deletes every file that held one, and signs the erratum.

    Returns None where no release of the corpus ever held one of them.
    """
    return Rewrite(home, keys, corpus, erasure, doc_ids).run(at)


def rewritten_path(path: str, erasure: str) -> str:
    """Where the rewriting of a shard lies; what names its content stays, so that a later run carries it over."""
    directory, _, name = path.rpartition("/")  # a class of terms may have a point in its name (cc-by-sa-4.0)
    return f"{directory}/{name.split('.')[0]}.{erasure}.parquet"


class Rewrite:
    """One corpus under way: documents leave it. A subclass says what else becomes of their rows and records."""

    def __init__(self, home: Home, keys: KeyStore, corpus: str, erasure: str, doc_ids: Sequence[str]) -> None:
        self.home, self.keys, self.corpus, self.erasure = home, keys, corpus, erasure
        self.root = home.corpus(corpus)
        self.ids = pa.array(sorted(doc_ids), pa.string())

    def run(self, at: datetime) -> Rewritten | None:
        """Commits, deletes, signs; None where no release of the corpus ever held one of the documents."""
        base = latest_release(self.home, self.corpus)
        assert base is not None
        holding = self._holding()
        if not holding:
            return None
        was = self._digests(holding)
        release_id = content_name({"erasure": self.erasure, "base": base.release_id})
        if base.reason != self.erasure:
            self._commit(base, release_id, at)
        else:
            release_id = base.release_id
        dead = [path for path in sorted(holding) if path not in self._live()]
        vacuum(self.root, dead)
        clean_log(self.root)
        seal_release(self.root, release_id, self.keys.signer())
        version = head_version(self.root)
        changes = tuple(Change(path, digest, None) for path, digest in sorted(was.items()))
        releases = tuple(sorted({name for names in holding.values() for name in names}))
        write_erratum(
            self.root, Erratum(self.erasure, self.corpus, releases, changes, version, version), self.keys.signer()
        )
        return Rewritten(self.corpus, release_id, version, tuple(sorted(holding)))

    def _live(self) -> set[str]:
        return {shard.path for shard in live_shards(self.root)}

    def _releases(self) -> list[Location]:
        return [path.parent for path in matching(self.root / "releases", f"*/{MANIFEST}")]

    def _holding(self) -> dict[str, list[str]]:
        """Shards that hold or held one of the documents, with the releases that name them."""
        found: dict[str, list[str]] = {}
        for directory in self._releases():
            rows = pq.read_table(readable(directory / "index.parquet"), filters=pc.field("doc_id").isin(self.ids))
            for shard in rows["shard"].unique().to_pylist():
                found.setdefault(shard, []).append(directory.name)
        return found

    def _digests(self, holding: Mapping[str, list[str]]) -> dict[str, str]:
        """What the manifests signed of these shards."""
        signed: dict[str, str] = {}
        for directory in self._releases():
            for shard in shards_of(self._statement(directory)):
                if shard.path in holding:
                    signed[shard.path] = shard.sha256
        return signed

    def _statement(self, directory: Location) -> dict[str, Any]:
        return open_envelope((directory / MANIFEST).read_bytes(), self.keys.public_pem, MANIFEST)

    def _commit(self, base: ReleaseRecord, release_id: str, at: datetime) -> None:
        before, after = self.home.release(self.corpus, base.release_id), self.home.release(self.corpus, release_id)
        statement = self._statement(before)
        shards, moved = [], {}
        for shard in shards_of(statement):
            new = self._shard(shard)
            if new is not None:
                shards.append(new)
            moved[shard.path] = new.path if new else None
        self._records(before, after, moved)
        ReleaseRecord(
            self.corpus, release_id, content_name({"erasure": self.erasure}), base.release_id, self.erasure
        ).save(after)
        version = next_version(self.root, release_id)
        self._sign(statement["predicate"], shards, after, version)
        hold(self.home, self.keys, self.corpus, self._still_found(shards, moved), at)
        commit(self.root, release_id=release_id, shards=shards, expected_version=version, schema=DOCUMENT, at=at)

    def _still_found(self, shards: Sequence[Shard], moved: Mapping[str, str | None]) -> Iterator[Held]:
        """Rewritten shards with the documents whose findings this rewriting does not deal with."""
        for shard in shards:
            if shard.path not in moved:
                ids = self.others(pq.read_table(readable(self.root / shard.path), columns=["doc_id"]))[
                    "doc_id"
                ].to_pylist()
                yield shard.source, shard.path, ids

    def _shard(self, shard: Shard) -> Shard | None:
        """The shard itself where it holds none of the documents, its rewriting, or None where nothing is left."""
        table = pq.read_table(readable(self.root / shard.path))
        if not pc.any(pc.is_in(table["doc_id"], value_set=self.ids)).as_py():
            return Shard.of(self.root, shard.path, shard.source, shard.licence)
        left = self.changed(table)
        if not left.num_rows:
            return None
        path = self.path_of(shard.path)
        write_released(self.root / path, left)
        return Shard.of(self.root, path, shard.source, shard.licence)

    def path_of(self, path: str) -> str:
        """Where the rewriting of a shard lies."""
        return rewritten_path(path, self.erasure)

    def changed(self, table: pa.Table) -> pa.Table:
        """Rows (schema DOCUMENT) of a shard that holds one of the documents, as they are to be."""
        return self.others(table)

    def _records(self, before: Location, after: Location, moved: Mapping[str, str | None]) -> None:
        self.base = before
        for path in matching(before / "ledger", "decisions-*.parquet"):
            write_ledger(after / "ledger" / path.name, self.decisions(pq.read_table(readable(path))))
        for path in matching(before / "ledger", "spans-*.parquet"):
            spans = self.spans(pq.read_table(readable(path)), path.stem.removeprefix("spans-"))
            write_spans(after / "ledger" / path.name, spans)
        for path in matching(before / "ledger", "sensitive-*.parquet"):
            told = self.sentences(pq.read_table(readable(path)), path.stem.removeprefix("sensitive-"))
            write_sentences(after / "ledger" / path.name, told)
        for path in matching(before / "ledger", "cuts-*.parquet"):
            cuts = self.cuts(pq.read_table(readable(path)), path.stem.removeprefix("cuts-"))
            write_cuts(after / "ledger" / path.name, cuts)
        write_released(after / "clusters.parquet", self.clusters(pq.read_table(readable(before / "clusters.parquet"))))
        write_released(after / "index.parquet", self._index(moved))
        for name in ("broken.parquet", "books.json", "ATTRIBUTION.md", "README.md"):
            write_bytes(after / name, (before / name).read_bytes())

    def spans(self, table: pa.Table, source: str) -> pa.Table:  # noqa: ARG002 (a subclass asks for it)
        """Spans (schema SPAN) of a source as they are to be."""
        return self.others(table)

    def sentences(self, table: pa.Table, source: str) -> pa.Table:  # noqa: ARG002 (a subclass asks for it)
        """Sensitive sentences (schema SENTENCE) of a source as they are to be."""
        return self.others(table)

    def cuts(self, table: pa.Table, source: str) -> pa.Table:  # noqa: ARG002 (a subclass asks for it)
        """Cuts (schema CUT) of a source as they are to be."""
        return self.others(table)

    def clusters(self, table: pa.Table) -> pa.Table:
        """Clusters as they are to be."""
        left = self.others(table)
        return left.filter(pc.invert(pc.is_in(left["survivor_id"], value_set=self.ids)))

    def others(self, table: pa.Table) -> pa.Table:
        """Rows of the other documents."""
        return table.filter(pc.invert(pc.is_in(table["doc_id"], value_set=self.ids)))

    def decisions(self, table: pa.Table) -> pa.Table:
        """A ledger (schema DECISION) as it is to be."""
        erased = self.entries(table, stage="erase", rule=ERASE_RULE, outcome="dropped")
        return pa.concat_tables([self.others(table).cast(DECISION), erased])

    def entries(self, table: pa.Table, **said: str) -> pa.Table:
        """A ledger entry (schema DECISION) for each of the documents that a ledger names, saying so."""
        mine = table.filter(pc.is_in(table["doc_id"], value_set=self.ids)).select(["doc_id", "source"])
        pairs = sorted({(row["doc_id"], row["source"]) for row in mine.to_pylist()})
        rows = [{"doc_id": doc_id, "source": source, "related": self.erasure, **said} for doc_id, source in pairs]
        return pa.Table.from_pylist(rows, schema=DECISION)

    def _index(self, moved: Mapping[str, str | None]) -> pa.Table:
        parts = []
        for path in sorted(p for p in moved.values() if p is not None):
            table = pq.read_table(readable(self.root / path), columns=["doc_id", "source"])
            columns = {
                "shard": pa.repeat(pa.scalar(path), table.num_rows),
                "row": pa.array(range(table.num_rows), pa.int64()),
            }
            parts.append(pa.table({"doc_id": table["doc_id"], "source": table["source"], **columns}))
        return pa.concat_tables(parts).sort_by("doc_id") if parts else _EMPTY_INDEX

    def _sign(self, predicate: Mapping[str, Any], shards: Sequence[Shard], directory: Location, version: int) -> None:
        books = [Book(**book) for book in predicate["books"] if book["stage"] != RELEASE_STAGE]
        facts = Facts(
            corpus=self.corpus,
            release_id=directory.name,
            plan=predicate["plan"],
            delta_version=version,
            code=predicate["code"],
            recipe=predicate["recipe"],
            snapshots=predicate["inputs"]["snapshots"],
            releases={predicate["releaseId"]: predicate["releaseId"]},
            books=[*books, *released(shards)],
        )
        for name, envelope in signed(facts, shards, self.root, directory, self.keys).items():
            write_bytes(directory / name, envelope)


_EMPTY_INDEX = pa.table(
    {
        "doc_id": pa.array([], pa.string()),
        "source": pa.array([], pa.string()),
        "shard": pa.array([], pa.string()),
        "row": pa.array([], pa.int64()),
    }
)
