"""The index of what a corpus released: keys by which a later batch finds its candidates without reading old texts.

    state/index/<corpus>/<release>/index.json            files, sources, and the names of the tables
                                   entries-<n>.parquet    (band, key, member) by band, encrypted
                                   members-<n>.parquet    a document a row, encrypted
                                   passages-<n>.parquet   (unit, key, member), encrypted; where the recipe counts some

A run writes its own and changes no other; only an erasure rewrites, under new names, so that `index.json` leads to
tables that belong together whenever the machine stops. Signatures are not in it: where the staged text is purged,
the sketch that the purge left (pipelines/identities.py) estimates in its place.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.keys import KeyStore
from governance.records.errors import VersionError
from governance.records.storage import Location, matching, write_bytes
from governance.restricted import SORTED, restricted_file, write_restricted
from pipelines.home import Home
from pipelines.plan import Plan, SourcePlan
from pipelines.stages.index import Judged
from transforms.dedup import index, passage_index
from transforms.dedup.index import ENTRIES, MEMBERS, Run, require_readable
from transforms.dedup.passage_index import HELD, UNITS
from transforms.dedup.presets import preset

LABEL = "index.json"
LAYOUT = 2
_BATCH = 1 << 16

# `doc` is file << 32 | row, of the run's own files: the place of the staged text.
_METADATA = {**MEMBERS.metadata, SORTED: b"doc"}
RELEASED = pa.schema([*MEMBERS, ("doc_id", pa.string()), ("chars", pa.int32())], metadata=_METADATA)
_ENTRIES = ENTRIES.with_metadata({SORTED: b"band,key,member"})
_HELD = HELD.with_metadata({SORTED: b"unit,key,member"})


@dataclass(frozen=True)
class Released:
    """Documents that one release added, and the keys of their texts.

    Attributes:
        preset: of the keys.
        level: of the release's personal data; a run of another level cannot add to it.
        files: staged files that the documents were read from.
        sources: as they were planned.
        tables: names of the entries, of the members and, where some are held, of the passages.
        documents: how many there are.
        passages: unit, and the code points of the shortest passage that is held of it; a release made before passages
            were held, or whose recipe counted none, has none.
        held: rows of the passages.
    """

    directory: Location
    preset: str
    level: str
    files: tuple[Judged, ...]
    sources: tuple[SourcePlan, ...]
    tables: tuple[str, ...]
    documents: int
    passages: Mapping[str, int] = field(default_factory=dict)
    held: int = 0

    @classmethod
    def load(cls, home: Home, corpus: str, release: str) -> Released | None:
        """The index of a release, or None where there is none.

        Raises:
            VersionError: a newer Malmoi wrote it.
        """
        directory = home.index(corpus) / release
        if not (directory / LABEL).exists():
            return None
        said = json.loads((directory / LABEL).read_bytes())
        if said.pop("layout") > LAYOUT:
            raise VersionError(f"{directory}: index of a newer layout than {LAYOUT}; upgrade Malmoi")
        files = tuple(Judged(**file) for file in said.pop("files"))
        sources = tuple(SourcePlan.model_validate(source) for source in said.pop("sources"))
        return cls(directory, files=files, sources=sources, tables=tuple(said.pop("tables")), **said)

    @property
    def corpus(self) -> str:
        """Name of the corpus."""
        return self.directory.parent.name

    def save(self) -> None:
        """Writes the label: from then on its tables are the index."""
        said = {"layout": LAYOUT, "preset": self.preset, "level": self.level, "documents": self.documents}
        said |= {"passages": dict(self.passages), "held": self.held}
        said |= {"files": [asdict(file) for file in self.files], "tables": self.tables}
        said |= {"sources": [source.model_dump(mode="json") for source in self.sources]}
        write_bytes(self.directory / LABEL, json.dumps(said, sort_keys=True).encode(), mode=0o600)

    def members(self, keys: KeyStore, columns: Sequence[str] | None = None) -> pa.Table:
        """Every document (schema RELEASED, or some of its columns), by `doc`."""
        with restricted_file(self.directory / self.tables[1], keys.secret(_key(self.corpus))) as file:
            require_readable(file.schema_arrow, str(self.directory))
            return file.read(columns=None if columns is None else list(columns))

    def band(self, keys: KeyStore, band: int, members: pa.Table) -> Run:
        """One band of the index, numbered 0; only its row groups are read."""
        start, stop, first, parts = band * self.documents, (band + 1) * self.documents, 0, [ENTRIES.empty_table()]
        with restricted_file(self.directory / self.tables[0], keys.secret(_key(self.corpus))) as file:
            for group in range(file.metadata.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                if first < stop and first + count > start:
                    low, high = max(start - first, 0), min(stop - first, count)
                    parts.append(file.read_row_group(group).slice(low, high - low).cast(ENTRIES))
                first += count
        entries = pa.concat_tables(parts).combine_chunks()
        zeros = pa.array(np.zeros(entries.num_rows, np.int32))
        return Run(entries.set_column(0, "band", zeros), members.select(MEMBERS.names).combine_chunks())

    def holds(self, unit: str, at_least_chars: int) -> bool:
        """Whether every passage of a unit from this length on is held."""
        return unit in self.passages and self.passages[unit] <= at_least_chars

    def passages_of(self, keys: KeyStore, unit: str, first: int, last: int) -> Iterator[pa.Table]:
        """Rows (schema HELD) of a unit with first <= key <= last, a row group at a time; no others are read but one."""
        low, high = (UNITS.index(unit), first), (UNITS.index(unit), last)
        with restricted_file(self.directory / self.tables[2], keys.secret(_key(self.corpus))) as file:

            def begins(group: int) -> tuple[int, int]:
                rows = file.read_row_group(group, columns=["unit", "key"])
                return rows["unit"][0].as_py(), rows["key"][0].as_py()

            groups = range(file.metadata.num_row_groups)
            for group in groups[max(0, bisect_left(groups, low, key=begins) - 1) :]:
                rows = file.read_row_group(group)
                mine = rows.filter(
                    (pc.field("unit") == low[0]) & (pc.field("key") >= first) & (pc.field("key") <= last)
                )
                yield mine.cast(HELD)
                if (rows["unit"][-1].as_py(), rows["key"][-1].as_py()) > high:
                    return

    def every_passage(self, keys: KeyStore) -> Iterator[pa.Table]:
        """All rows of the passages, a row group at a time; none where none are held."""
        if self.passages:
            with restricted_file(self.directory / self.tables[2], keys.secret(_key(self.corpus))) as file:
                for group in range(file.metadata.num_row_groups):
                    yield file.read_row_group(group).cast(HELD)


def keep(
    released: Released, keys: KeyStore, members: pa.Table, bands: Iterator[Run], passages: Iterator[pa.Table] = iter(())
) -> None:
    """Writes an index.

    Args:
        released: what its label says; its tables are named already.
        members: schema RELEASED, sorted by `doc`.
        bands: of each band, in order, a run over these members whose entries say band 0.
        passages: tables of schema HELD, in order, of a release that holds some.
    """
    entries = (
        batch
        for number, run in enumerate(bands)
        for batch in run.entries.set_column(0, "band", pa.array(np.full(run.entries.num_rows, number, np.int32)))
        .cast(_ENTRIES)
        .to_batches(max_chunksize=_BATCH)
    )
    _write(released, keys, 0, entries, _ENTRIES)
    _write(released, keys, 1, members.to_batches(max_chunksize=_BATCH), RELEASED)
    if released.passages:
        batches = (batch for table in passages for batch in table.cast(_HELD).to_batches(max_chunksize=_BATCH))
        released = replace(released, held=_write(released, keys, 2, batches, _HELD))
    released.save()


def _write(released: Released, keys: KeyStore, table: int, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
    key = _key(released.corpus)
    path = released.directory / released.tables[table]
    return write_restricted(path, batches, keys.secret(key), keys.key_id(key), schema)


def forget(home: Home, keys: KeyStore, corpus: str, doc_ids: Sequence[str]) -> int:
    """Rewrites every index of a corpus without these documents; returns how many entries of documents went."""
    gone = 0
    for label in matching(home.index(corpus), f"*/{LABEL}"):
        released = Released.load(home, corpus, label.parent.name)
        assert released is not None
        # What an interrupted rewriting left is swept first.
        _sweep(released)
        gone += _forget(released, keys, pa.array(doc_ids, pa.string()))
    return gone


def _forget(released: Released, keys: KeyStore, doc_ids: pa.Array) -> int:
    members = released.members(keys)
    lost = pc.is_in(members["doc_id"], value_set=doc_ids)
    docs = members["doc"].to_numpy()[lost.to_numpy()]
    if not len(docs):
        return 0
    left = members.filter(pc.invert(lost)).combine_chunks()
    after = replace(released, tables=_next(released.tables), documents=left.num_rows)
    bands = (index.forget(released.band(keys, n, members), docs) for n in range(_bands(released)))
    stays = pc.invert(lost).to_numpy()
    passages = (passage_index.without(rows, stays) for rows in released.every_passage(keys))
    keep(after, keys, left.cast(RELEASED), bands, passages)
    _sweep(after)
    return len(docs)


def released_files(home: Home, plan: Plan) -> list[Judged]:
    """Staged files of the documents that a run adds to, for its index; none where it replaces what was released."""
    found: list[Judged] = []
    for release in plan.released:
        released = Released.load(home, plan.recipe.corpus, release)
        assert released is not None and plan.base_release is not None
        # The base stands for what was forgotten since: an erasure makes one.
        found += [replace(file, release=release, judged=plan.base_release, kept=0) for file in released.files]
    return found


def _bands(released: Released) -> int:
    return preset(released.preset).bands


def _next(tables: tuple[str, ...]) -> tuple[str, ...]:
    number = int(tables[0].split("-")[1].split(".")[0]) + 1
    return table_names(number, passages=len(tables) > 2)


def table_names(number: int = 0, *, passages: bool = False) -> tuple[str, ...]:
    """Names of an index's tables after so many rewritings."""
    return tuple(f"{what}-{number}.parquet" for what in ("entries", "members", *(["passages"] if passages else [])))


def _sweep(released: Released) -> None:
    """Deletes tables that the label does not name."""
    for path in released.directory.glob("*.parquet"):
        if path.name not in released.tables:
            path.unlink()


def _key(corpus: str) -> str:
    return f"index/{corpus}"
