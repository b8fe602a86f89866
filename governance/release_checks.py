"""The checks of a release whose manifest is signed: files, tree, books, Delta log, seal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError

from governance.delta import open_table
from governance.delta_log import LOG, Log, foreign_files, head_version, known_paths, replay
from governance.delta_transaction import delta_schema, grows_into
from governance.errata import Errata, cause
from governance.findings import ALTERED, Problem, Report
from governance.manifest import MANIFEST, RELEASE_PREDICATE, ROOT, Book, leaf, proof_of
from governance.merkle import Tree, is_included
from governance.parquet import statistics_of
from governance.records.errors import IntegrityError, NotFoundError
from governance.records.storage import Location, files_below, readable
from governance.seal import SEAL
from governance.shards import LiveShard, file_sha256, shards_in

RELEASES = "releases"


@dataclass(frozen=True)
class Signed:
    """What the trusted key signed: the manifest, every erratum, and the seal's digests where there is one."""

    statement: Mapping[str, Any]
    errata: Errata
    seal: Mapping[str, str] | None


class Verification:
    """One run of the checks over a statement whose signature holds."""

    def __init__(self, root: Location, name: str, signed: Signed) -> None:
        self.root, self.name, self.statement, self.seal = root, name, signed.statement, signed.seal
        self.corpus = str(self.statement["predicate"].get("corpus", ""))
        self.history, self.errata = signed.errata.of(self.corpus), signed.errata.about(self.corpus, name)
        self.problems: list[Problem] = []
        self.notes: set[str] = set()
        self.damaged: set[str] = set()  # files that are not as signed: nothing more is read from them

    def run(self, *, is_head: bool) -> Report:
        self.problems += self._identity()
        if self.problems:
            return Report(self.name, self.corpus, problems=tuple(self.problems))
        for check in (self._files(), self._merkle(), self._books(), self._head(is_head), self._delta(), self._sealed()):
            self.problems += check
        return Report(
            self.name,
            self.corpus,
            self.statement["predicate"].get("deltaVersion", -1),
            len(self.statement["subject"]),
            tuple(sorted(set(self.problems), key=str)),
            tuple(sorted(self.notes)),
            tuple(sorted(self._strays())),
            self.seal is not None,
        )

    def _identity(self) -> Iterator[Problem]:
        kind, claimed = self.statement["predicateType"], self.statement["predicate"].get("releaseId")
        if kind != RELEASE_PREDICATE:
            yield Problem("manifest", MANIFEST, f"says {kind}, not {RELEASE_PREDICATE}")
        elif claimed != self.name:
            yield Problem("manifest", MANIFEST, f"is the manifest of release {claimed}, laid where {self.name} belongs")

    def _files(self) -> list[Problem]:
        subjects = {s["name"]: s["digest"]["sha256"] for s in self.statement["subject"]}
        with ThreadPoolExecutor() as pool:
            return [problem for problem in pool.map(self._file, subjects, subjects.values()) if problem]

    def _file(self, name: str, expected: str) -> Problem | None:
        path = self.root / name
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            return Problem("manifest", name, "leads out of the release")
        actual = file_sha256(path) if path.is_file() else None
        if actual == expected:
            return None
        self.damaged.add(name)
        erratum = self.errata.explains(name, expected, actual)
        if erratum:
            self.notes.add(f"{ALTERED} {cause(erratum)}")
            return None
        if actual is None:
            return Problem("missing", name, "the manifest names it and it is not there; fetch it again")
        return Problem("digest", name, f"SHA-256 is {actual[:12]}…, signed is {expected[:12]}…; fetch it again")

    def _merkle(self) -> Iterator[Problem]:
        predicate = self.statement["predicate"]
        tree = Tree([leaf(entry) for entry in predicate["shards"]])
        if tree.root.hex() != predicate["merkle"]["root"] or tree.size != predicate["merkle"]["size"]:
            yield Problem("merkle", MANIFEST, "the root is not that of the shards it names")
        for entry in predicate["shards"]:
            if not is_included(leaf(entry), proof_of(entry["proof"], entry["path"]), tree.root):
                yield Problem("merkle", entry["path"], "its inclusion proof does not lead to the root")

    def _books(self) -> Iterator[Problem]:
        rows: dict[str, int] = {}
        for entry in self.statement["predicate"]["shards"]:
            rows[entry["source"]] = rows.get(entry["source"], 0) + entry["rows"]
        for book in (Book(**entry) for entry in self.statement["predicate"]["books"]):
            try:
                book.require_balanced()
            except IntegrityError as error:
                yield Problem("books", book.source, str(error))
            released = rows.get(book.source, 0)
            if book.stage == "release" and book.kept != released:
                yield Problem("books", book.source, f"{book.kept} documents kept, {released} rows in its shards")

    def _head(self, is_head: bool) -> Iterator[Problem]:
        version, head = self.statement["predicate"]["deltaVersion"], head_version(self.root)
        for name in foreign_files(self.root):
            yield Problem("delta", f"{LOG}/{name}", "no file of ours: some readers would take it for the log")
        if not is_head or head == version:
            return
        if not self.errata.makes(head):
            yield Problem("delta", f"version {head}", f"the table moved on from version {version} without a release")
            return
        # An erasure only took files away: what is left must be what was signed, and no more.
        shards = self.statement["predicate"]["shards"]
        left = {entry["path"]: entry for entry in shards if entry["path"] not in self.errata.gone()}
        yield from self._state(head, left)

    def _delta(self) -> Iterator[Problem]:
        predicate = self.statement["predicate"]
        version = predicate["deltaVersion"]
        erratum = self.history.ends_before(version)
        if erratum:
            self.notes.add(f"version {version} is out of reach since {cause(erratum)}")
            return
        yield from self._state(version, {entry["path"]: entry for entry in predicate["shards"]})

    def _state(self, version: int, named: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
        try:
            log = replay(self.root, version)
            live = {shard.path: shard for shard in shards_in(log)}
        except (NotFoundError, IntegrityError) as error:
            yield Problem("delta", f"version {version}", f"the manifest names it, and it cannot be read: {error}")
            return
        if log.transactions.get(self.name) != self.statement["predicate"]["deltaVersion"]:
            yield Problem("delta", f"version {version}", "the log does not say that this release made it")
        yield from self._listing(live, named)
        yield from self._readers(log)

    def _listing(self, live: Mapping[str, LiveShard], named: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
        for path in sorted(named.keys() - live.keys()):
            yield Problem("missing", path, "the manifest names it and the Delta version does not")
        for path in sorted(live.keys() - named.keys()):
            yield Problem("unlisted", path, "the Delta version has it and the manifest does not")
        for path in sorted(live.keys() & named.keys()):
            yield from self._entry(live[path], named[path])

    def _entry(self, live: LiveShard, named: Mapping[str, Any]) -> Iterator[Problem]:
        if (live.size, live.rows) != (named["bytes"], named["rows"]):
            yield Problem("delta", live.path, f"the log says {live.size} bytes, {live.rows} rows; the manifest differs")
        if live.path in self.damaged:
            return
        actual = statistics_of(self.root / live.path)
        if actual["numRecords"] != named["rows"]:
            yield Problem("rows", live.path, f"{actual['numRecords']} rows, the manifest says {named['rows']}")
        if actual != live.stats:
            yield Problem("statistics", live.path, "the log's statistics are not the file's: readers would skip rows")

    def _readers(self, log: Log) -> Iterator[Problem]:
        where = f"version {log.version}"
        # Deletion vectors and column mapping can hide rows from readers; both need a newer reader version than ours.
        hiding = [path for path, add in log.adds.items() if add.get("deletionVector") or add.get("partitionValues")]
        if log.protocol.get("minReaderVersion") != 1 or hiding or log.metadata.get("partitionColumns"):
            yield Problem("delta", where, "the log uses reader features that no release uses")
        yield from self._as_read(log)
        intact = [path for path in sorted(log.adds) if path not in self.damaged and (self.root / path).is_file()]
        written = delta_schema(pq.read_schema(readable(self.root / intact[0]))) if intact else None
        if written is not None and not grows_into(written, log.metadata.get("schemaString") or written):
            yield Problem("delta", where, "the log's schema is not that of the shards: readers would see other columns")

    def _as_read(self, log: Log) -> Iterator[Problem]:
        """What a Delta reader makes of the same version: it must open it, and see the same files."""
        try:
            seen = set(pa.table(open_table(self.root, log.version).get_add_actions())["path"].to_pylist())
        except (NotFoundError, DeltaError):
            yield Problem("delta", f"version {log.version}", "a Delta reader cannot open it; the log was altered")
            return
        if seen != set(log.adds):
            yield Problem("delta", f"version {log.version}", "a Delta reader sees other files than the log names")

    def _sealed(self) -> Iterator[Problem]:
        out_of_reach = self.history.ends_before(self.statement["predicate"]["deltaVersion"])
        for name, expected in (self.seal or {}).items():
            # After an erasure the log begins later: what an older seal names is gone or changed, and explained.
            if out_of_reach and name.startswith(f"{LOG}/"):
                continue
            path = self.root / name
            if not path.is_file():
                yield Problem("missing", name, "the seal names it and it is not there")
            elif file_sha256(path) != expected:
                yield Problem("digest", name, "not as it was when the release was sealed")

    def _strays(self) -> set[str]:
        named = {entry["path"] for entry in self.statement["predicate"]["shards"]}
        beside = {
            f"{parent}/{file.name}"
            for parent in {path.rpartition("/")[0] for path in named}
            for file in (self.root / parent).glob("*.parquet")
        }
        try:
            return (beside - named - known_paths(self.root)) | self._unsigned()
        except IntegrityError:
            return self._unsigned()  # an altered log is named already, and knows nothing

    def _unsigned(self) -> set[str]:
        directory = self.root / RELEASES / self.name
        present = {f"{RELEASES}/{self.name}/{name}" for name in files_below(directory)}
        signed = {subject["name"] for subject in self.statement["subject"]} | set(self.seal or ())
        return present - signed - {f"{RELEASES}/{self.name}/{name}" for name in (MANIFEST, ROOT, SEAL)}
