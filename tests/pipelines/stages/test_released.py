from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from governance.keys import KeyStore
from governance.records.errors import IntegrityError, VersionError
from governance.restricted import key_id_of
from pipelines.home import Home
from pipelines.stages import released as module
from pipelines.stages.index import Judged
from pipelines.stages.released import RELEASED, Released, forget, keep, released_files, table_names
from tests.pipelines.plans import doc_id, plan, source
from transforms.dedup import passage_index
from transforms.dedup.index import Run, lookup, new_run
from transforms.dedup.presets import preset

BANDS = preset("korean").bands
FILE = Judged("letters", "zone", "staged", "judged", 900, 900, 1)


def _keys(band: int, count: int) -> np.ndarray:
    return np.random.default_rng(band).integers(-(1 << 63), (1 << 63) - 1, (count, 1))


def _members(count: int) -> pa.Table:
    text_keys = pa.array([n.to_bytes(16, "big") for n in range(1, count + 1)], pa.binary(16))
    ids = [doc_id("letters", n) for n in range(count)]
    return pa.table([np.arange(count) * 3, text_keys, ids, [100 + n for n in range(count)]], schema=RELEASED)


def _bands(members: pa.Table) -> list[Run]:
    text_keys = members["text_key"].combine_chunks()
    return [new_run(members["doc"].to_numpy(), _keys(n, len(members)), text_keys) for n in range(BANDS)]


def _kept(home: Home, count: int = 300, release: str = "r1") -> tuple[Released, KeyStore]:
    keys, members = KeyStore.open(home.keys, create=True), _members(count)
    made = Released(
        home.index("test") / release, "korean", "raw", (FILE,), (source("letters"),), table_names(), len(members)
    )
    keep(made, keys, members, iter(_bands(members)))
    return made, keys


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_what_is_kept_is_what_is_read(home: Home) -> None:
    made, keys = _kept(home)
    assert Released.load(home, "test", "r1") == made and Released.load(home, "test", "r2") is None
    assert made.members(keys).equals(_members(300))


@pytest.mark.parametrize("band", [0, 7, BANDS - 1])
def test_a_band_meets_what_a_run_in_memory_meets(home: Home, band: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 64)  # bands do not end where batches do
    made, keys = _kept(home)
    members = made.members(keys, ["doc", "text_key"])
    found, wanted = made.band(keys, band, members), _bands(_members(300))[band]
    assert found.entries.equals(wanted.entries)
    asked = _keys(band, 300)[50:60]
    pairs = [lookup(run, np.arange(1000, 1010), asked) for run in (found, wanted)]
    assert [side.tolist() for side in pairs[0]] == [side.tolist() for side in pairs[1]] and len(pairs[0][0]) == 10


def test_the_tables_are_encrypted_and_take_at_most_160_bytes_a_document(home: Home) -> None:
    made, keys = _kept(home, 20_000)
    paths = [made.directory / name for name in made.tables]
    assert {key_id_of(path) for path in paths} == {keys.key_id("index/test")}
    assert not any(doc_id("letters", 5).encode() in path.read_bytes() for path in paths)
    assert sum(path.stat().st_size for path in paths) / 20_000 <= 160


def test_forgetting_leaves_the_index_of_the_others(home: Home) -> None:
    made, keys = _kept(home)
    _kept(home, 5, release="r2")
    gone = [doc_id("letters", n) for n in (0, 7, 299)]
    assert forget(home, keys, "test", [*gone, "stranger"]) == 4
    after = Released.load(home, "test", "r1")
    assert after is not None and after.documents == 297 and after.tables != made.tables
    assert {path.name for path in after.directory.glob("*.parquet")} == set(after.tables)
    stays = np.setdiff1d(np.arange(300), [0, 7, 299])
    members = after.members(keys)
    assert members.equals(_members(300).take(pa.array(stays)))
    for band in (0, 9):
        wanted = new_run(members["doc"].to_numpy(), _keys(band, 300)[stays], members["text_key"].combine_chunks())
        assert after.band(keys, band, members).entries.equals(wanted.entries)
    assert forget(home, keys, "test", gone) == 0


def test_a_rewriting_that_stopped_half_way_is_swept_and_done_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    made, keys = _kept(home)
    with monkeypatch.context() as patch:
        patch.setattr(Released, "save", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            forget(home, keys, "test", [doc_id("letters", 3)])
    assert Released.load(home, "test", "r1") == made and made.members(keys).num_rows == 300
    assert forget(home, keys, "test", [doc_id("letters", 3)]) == 1
    assert len(list(made.directory.glob("*.parquet"))) == 2


def test_an_index_of_a_newer_layout_or_an_altered_one_is_refused(home: Home) -> None:
    made, keys = _kept(home)
    path = made.directory / made.tables[1]
    path.write_bytes(path.read_bytes()[:-30] + b"\0" * 30)
    with pytest.raises(IntegrityError):
        made.members(keys)
    label = made.directory / module.LABEL
    label.write_bytes(label.read_bytes().replace(b'"layout": 2', b'"layout": 3'))
    with pytest.raises(VersionError, match="newer layout"):
        Released.load(home, "test", "r1")


def test_the_files_of_what_a_run_adds_to_stand_for_that_state_of_it(home: Home) -> None:
    _kept(home)
    _kept(home, 5, release="r2")
    adding = plan(home.root, base_release="E", released=("r1", "r2"))
    assert released_files(home, adding) == [replace(FILE, release=r, judged="E", kept=0) for r in ("r1", "r2")]
    assert released_files(home, plan(home.root, base_release="E")) == []


@pytest.mark.parametrize("span", [(-(1 << 63), (1 << 63) - 1), (0, 1 << 62), (5, 5), (1 << 62, (1 << 63) - 1)])
def test_passages_are_read_by_unit_and_range_of_keys(home: Home, span: tuple[int, int]) -> None:
    keys, members = KeyStore.open(home.keys, create=True), _members(300)
    made = Released(
        home.index("test") / "r1",
        "korean",
        "raw",
        (FILE,),
        (source("letters"),),
        table_names(passages=True),
        300,
        {"line": 10, "paragraph": 30},
    )
    rng = np.random.default_rng(5)
    tables = [
        passage_index.held(
            unit, np.append(rng.integers(-(1 << 63), 1 << 63, count), 5), rng.integers(0, 300, count + 1)
        )
        for unit, count in ((0, 40_000), (1, 3_000))
    ]
    keep(made, keys, members, iter(_bands(members)), iter(tables))
    after = Released.load(home, "test", "r1")
    assert after is not None and after.held == sum(map(len, tables)) and after.passages == made.passages
    for unit, table in zip(("line", "paragraph"), tables, strict=True):
        found = pa.concat_tables(after.passages_of(keys, unit, *span))
        mine = table.filter((pc.field("key") >= span[0]) & (pc.field("key") <= span[1]))
        assert found.combine_chunks().equals(mine.combine_chunks())
    assert after.holds("line", 10) and not after.holds("line", 9) and not _kept(home)[0].holds("line", 99)
