"""The index of what a corpus released: keys by which a later batch finds its candidates without reading old texts.

    state/index/<corpus>/<release>/index.json            files, sources, and the names of the two tables
                                   entries-<n>.parquet    (band, key, member) by band, encrypted
                                   members-<n>.parquet    a document a row, encrypted

A run writes its own and changes no other; only an erasure rewrites, under new names, so that `index.json` leads to
two tables that belong together whenever the machine stops. Signatures are not in it: where the staged text is purged,
the sketch that the purge left (pipelines/identities.py) estimates in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

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
from transforms.dedup import index
from transforms.dedup.index import ENTRIES, MEMBERS, Run, require_readable
from transforms.dedup.presets import preset

LABEL = "index.json"
LAYOUT = 1
_BATCH = 1 << 16

# `doc` is file << 32 | row, of the run's own files: the place of the staged text.
_METADATA = {**MEMBERS.metadata, SORTED: b"doc"}
RELEASED = pa.schema([*MEMBERS, ("doc_id", pa.string()), ("chars", pa.int32())], metadata=_METADATA)
_ENTRIES = ENTRIES.with_metadata({SORTED: b"band,key,member"})


@dataclass(frozen=True)
class Released:
    """Documents that one release added, and the keys of their texts.

    Attributes:
        preset: of the keys.
        level: of the release's personal data; a run of another level cannot add to it.
        files: staged files that the documents were read from.
        sources: as they were planned.
        tables: names of the entries and of the members.
        documents: how many there are.
    """

    directory: Location
    preset: str
    level: str
    files: tuple[Judged, ...]
    sources: tuple[SourcePlan, ...]
    tables: tuple[str, str]
    documents: int

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


def keep(released: Released, keys: KeyStore, members: pa.Table, bands: Iterator[Run]) -> None:
    """Writes an index.

    Args:
        released: what its label says; its tables are named already.
        members: schema RELEASED, sorted by `doc`.
        bands: of each band, in order, a run over these members whose entries say band 0.
    """
    key = _key(released.corpus)
    entries = (
        batch
        for number, run in enumerate(bands)
        for batch in run.entries.set_column(0, "band", pa.array(np.full(run.entries.num_rows, number, np.int32)))
        .cast(_ENTRIES)
        .to_batches(max_chunksize=_BATCH)
    )
    for name, batches, schema in zip(
        released.tables, (entries, members.to_batches(max_chunksize=_BATCH)), (_ENTRIES, RELEASED), strict=True
    ):
        write_restricted(released.directory / name, batches, keys.secret(key), keys.key_id(key), schema)
    released.save()


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
    keep(after, keys, left.cast(RELEASED), bands)
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


def _next(tables: tuple[str, str]) -> tuple[str, str]:
    number = int(tables[0].split("-")[1].split(".")[0]) + 1
    return table_names(number)


def table_names(number: int = 0) -> tuple[str, str]:
    """Names of an index's tables after so many rewritings."""
    return f"entries-{number}.parquet", f"members-{number}.parquet"


def _sweep(released: Released) -> None:
    """Deletes tables that the label does not name."""
    for path in released.directory.glob("*.parquet"):
        if path.name not in released.tables:
            path.unlink()


def _key(corpus: str) -> str:
    return f"index/{corpus}"
