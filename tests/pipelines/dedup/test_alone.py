"""`malmoi dedup` over files: the keep-set of a run, whatever the kind of file, its cut and the threads."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.keys import KeyStore
from pipelines.dedup import jsonl, parquet, rows, signing
from pipelines.finding import of_source
from tests.end_to_end.conftest import World, letter
from tests.pipelines.dedup.files import KINDS, documents, kept, run, write
from transforms.dedup.shingles import jaccard, shingles


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_gives_the_same_clusters(tmp_path: Path, name: str) -> None:
    found, stats = run(tmp_path / "out", write(tmp_path / name, documents()))
    plain, _ = run(tmp_path / "plain", write(tmp_path / "b.parquet", documents()))
    assert found == plain and list(found) == [d["id"] for d in documents()]
    assert kept(found) < set(found) and stats["books"]["exact_duplicates"] == 2


def test_a_document_leaves_for_one_that_stays_and_is_as_like_it_as_is_said(tmp_path: Path) -> None:
    given = {d["id"]: d["text"] for d in documents()}
    found, stats = run(tmp_path / "out", write(tmp_path / "a.jsonl", documents()))
    for name, row in found.items():
        assert found[row["cluster"]]["keep"] and row["keep"] == (row["cluster"] == name)
        if not row["keep"] and not row["exact"]:
            sets = shingles(pa.array([given[name], given[row["cluster"]]], pa.large_string()), width=5)
            assert row["jaccard"] == jaccard(sets, np.array([0]), np.array([1]))[0] >= 0.8
    books = stats["books"]
    assert books["in"] == len(given) == sum(books[key] for key in books if key != "in")
    assert books["kept"] == len(kept(found))


def test_the_longest_survives_and_then_the_smallest_id_whatever_the_order_of_files(tmp_path: Path) -> None:
    body = letter(1)
    one = write(tmp_path / "one.jsonl", [{"id": "c", "text": body}, {"id": "b", "text": body}])
    two = write(tmp_path / "two.jsonl", [{"id": "a", "text": body}, {"id": "z", "text": body + " 더 깁니다."}])
    for order in ((one, two), (two, one)):
        found, _ = run(tmp_path / "out", *order, overwrite=True)
        assert kept(found) == {"z"} and found["z"]["jaccard"] == 1.0
    two = write(tmp_path / "two.jsonl", [{"id": "a", "text": body}])
    assert kept(run(tmp_path / "out", one, two, overwrite=True)[0]) == {"a"}


def test_numbers_as_ids_are_ordered_as_numbers_and_stay_numbers(tmp_path: Path) -> None:
    rows_ = [{"doc": 10, "body": letter(1)}, {"doc": 9, "body": letter(1)}]
    for name in ("a.parquet", "a.jsonl"):
        columns = rows.Columns("doc", "body")
        found, _ = run(tmp_path / "out", write(tmp_path / name, rows_), columns=columns, overwrite=True)
        assert kept(found) == {9} and found[10]["cluster"] == 9


@pytest.fixture
def cut_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "BLOCK_BYTES", 3_000)
    monkeypatch.setattr(jsonl, "_PART_BYTES", 10_000)
    monkeypatch.setattr(parquet, "BLOCK_BYTES", 3_000)
    monkeypatch.setattr(parquet, "_PART_BYTES", 10_000)
    monkeypatch.setattr(signing, "SHELF_BYTES", 20_000)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("threads", [1, 3])
def test_blocks_parts_chunks_and_threads_do_not_change_a_byte(
    tmp_path: Path, cut_small: None, name: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = documents(90)
    small = write(tmp_path / name, given, **({"row_group_size": 7} if name.endswith("parquet") else {}))
    run(tmp_path / "small", small, threads=threads, chunk_bytes=5_000)
    monkeypatch.undo()
    run(tmp_path / "whole", write(tmp_path / "whole.parquet", given), threads=1)
    files = [pq.read_table(tmp_path / out / "clusters.parquet") for out in ("small", "whole")]
    assert files[0].equals(files[1])


@pytest.mark.parametrize(("off", "copies"), [("exact", 0), ("near", 2)])
def test_either_level_can_be_left_out(tmp_path: Path, off: str, copies: int) -> None:
    _, stats = run(tmp_path / "out", write(tmp_path / "a.jsonl", documents()), **{off: False})
    assert stats["books"]["exact_duplicates"] == copies
    assert (stats["books"]["near_duplicates"] > 0) == (off == "exact")


def test_no_documents_give_an_empty_result(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    found, stats = run(tmp_path / "out", tmp_path / "a.jsonl")
    assert found == {} and stats["books"]["in"] == 0


def test_normalised_copies_meet_only_when_texts_are_normalised(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", letter(3))
    path = write(tmp_path / "a.jsonl", [{"id": "a", "text": letter(3)}, {"id": "b", "text": apart}])
    assert len(kept(run(tmp_path / "one", path, exact=False)[0])) == 2
    assert len(kept(run(tmp_path / "two", path, exact=False, normalise=True)[0])) == 1


def test_it_keeps_what_a_run_keeps(tmp_path: Path) -> None:
    """Same texts, same ids, same order of rows: the pipeline's release and the command agree on every document."""
    world = World(tmp_path / "world")
    mixed = [d | {"title": "", "url": "", "author": ""} for d in documents(120)]
    chain = [{"id": f"c-{n:02d}", "text": letter(500) + f" 추가 {n} 항목" * n} for n in range(20)]
    world.jsonl("letters", [*mixed, *chain])
    world.run()
    keys = KeyStore.open(world.home.keys)
    staged = [row.read(keys, ["doc_id", "text"]) for row in of_source(world.home, keys, "letters")]
    (release,) = world.home.root.glob("governed/test/releases/*/index.parquet")
    path = write(tmp_path / "staged.parquet", staged)
    found, _ = run(tmp_path / "out", path, columns=rows.Columns("doc_id", "text"))
    assert kept(found) == set(pl.read_parquet(release)["doc_id"].to_list()) and len(kept(found)) < 140
    clusters = pl.read_parquet(release.with_name("clusters.parquet"))
    told = {row["doc_id"]: row["survivor_id"] for row in clusters.to_dicts()}
    assert told == {n: r["cluster"] for n, r in found.items() if r["cluster"] in set(told.values())}
