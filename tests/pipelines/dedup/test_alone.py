"""`malmoi dedup` over files: the keep-set of a run, whatever the kind of file, its cut and the threads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.keys import KeyStore
from governance.records.errors import ConfigError, MalmoiError
from pipelines.dedup import jsonl, parquet, rows, signing
from pipelines.finding import of_source
from tests.end_to_end.conftest import World, letter
from tests.pipelines.dedup.files import documents, kept, run, write
from transforms.dedup.shingles import jaccard, shingles

KINDS = ["a.parquet", "a.jsonl", "a.ndjson", "a.jsonl.gz", "a.jsonl.zst"]


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


def test_lines_are_read_once_each_however_a_file_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [{"id": f"{n}", "text": "가" * (n % 40)} for n in range(60)]
    path = write(tmp_path / "a.jsonl", given)
    for size in (1, 2, 17, 64, 1000, path.stat().st_size - 1, path.stat().st_size, path.stat().st_size + 1):
        monkeypatch.setattr(jsonl, "_PART_BYTES", size)
        _, parts = jsonl.lines_of(path, rows.Columns("id", "text"))
        ids = [i for part in parts for block in part.blocks() for i in block().ids.to_pylist()]
        assert ids == [d["id"] for d in given]


def test_texts_that_are_null_are_counted_and_belong_to_no_cluster(tmp_path: Path) -> None:
    given = [*documents(6), {"id": "n", "text": None}, {"id": "m"}, {"id": "e", "text": ""}, {"id": "f", "text": ""}]
    found, stats = run(tmp_path / "out", write(tmp_path / "a.jsonl", given))
    assert stats["books"]["null_texts"] == 2
    for name in "nm":
        assert found[name] == {"id": name, "cluster": None, "keep": False, "jaccard": None, "exact": False}
    assert kept(found) & {"e", "f"} == {"e"}


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
    import unicodedata

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


def refused(tmp_path: Path, *paths: Path, **options: Any) -> str:
    with pytest.raises(MalmoiError) as refusal:
        run(tmp_path / "out", *paths, **options)
    left = sorted(p.name for p in tmp_path.iterdir() if p not in paths)
    assert left == [], "something was left behind"
    return str(refusal.value)


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_a_missing_column_names_the_nearest(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [{"ids": "a", "txt": "가"}])
    said = refused(tmp_path, path)
    assert "no column 'id' (--id-column); did you mean 'ids'?" in said
    assert "no column 'text' (--text-column); did you mean 'txt'?" in said


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_an_id_that_comes_twice_or_is_null_is_refused(tmp_path: Path, name: str) -> None:
    twice = write(tmp_path / name, [{"id": "a", "text": "가"}, {"id": "b", "text": "나"}, {"id": "a", "text": "다"}])
    assert "1 ids come a second time, the first of them at document 3" in refused(tmp_path, twice)
    null = write(tmp_path / name, [{"id": "a", "text": "가"}, {"id": None, "text": "나"}])
    assert ("has no id" if name.endswith("jsonl") else "1 ids are null") in refused(tmp_path, null)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": "b", "text": "\xff"}', "is not UTF-8"),
        (b'{"id": "b", "text"', "is not JSON"),
        (b'["b"]', "is no object"),
        (b'{"id": 3, "text": "x"}', "has an id that is no string"),
        (b'{"id": "b", "text": 3}', "has a text that is no string"),
        (b'{"id": "b", "text": "\\ud800"}', "names a field twice, holds half of a surrogate pair"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_place_and_never_by_its_text(
    tmp_path: Path, line: bytes, said: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"id": "a", "text": "비밀"}\n'.encode() + line + b"\n")
    message = refused(tmp_path, path)
    assert f"a.jsonl: the line at byte 30 {said}" in message and "비밀" not in message


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.gz", "a.jsonl.zst"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, documents())
    path.write_bytes(path.read_bytes()[:-40])
    assert "cut off or damaged" in refused(tmp_path, path)


def test_parquet_strings_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    bad = pa.array([b"\xff\xfe", b"x"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"id": ["a", "b"], "text": bad}), tmp_path / "a.parquet")
    assert "not UTF-8" in refused(tmp_path, tmp_path / "a.parquet")


def test_damage_inside_a_parquet_file_is_met_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", documents(200), compression="zstd", use_dictionary=False)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 400] = bytes(400)
    path.write_bytes(raw)
    assert "cut off or damaged" in refused(tmp_path, path)


def test_other_types_unknown_kinds_and_mixed_ids_are_refused(tmp_path: Path) -> None:
    assert "holds int64, not text" in refused(tmp_path, write(tmp_path / "a.parquet", [{"id": "a", "text": 1}]))
    assert "holds double" in refused(tmp_path, write(tmp_path / "a.parquet", [{"id": 1.5, "text": "가"}]))
    (tmp_path / "a.parquet").unlink()
    assert "must end in" in refused(tmp_path, write(tmp_path / "a.csv", []))
    (tmp_path / "a.csv").unlink()
    one = write(tmp_path / "a.jsonl", [{"id": "a", "text": "가"}])
    two = write(tmp_path / "b.jsonl", [{"id": 1, "text": "가"}])
    assert "text in" in (said := refused(tmp_path, one, two)) and "numbers in" in said


def test_an_earlier_result_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", documents())
    run(tmp_path / "out", path)
    before = (tmp_path / "out" / "stats.json").read_bytes()
    with pytest.raises(ConfigError, match="--overwrite"):
        run(tmp_path / "out", path)
    assert (tmp_path / "out" / "stats.json").read_bytes() == before
    path.write_bytes(b'{"id": 1')
    with pytest.raises(MalmoiError):
        run(tmp_path / "out", path, overwrite=True)
    assert (tmp_path / "out" / "stats.json").read_bytes() == before, "a failed run took the earlier result with it"
    run(tmp_path / "out", write(path, documents(3)), overwrite=True)
    assert json.loads((tmp_path / "out" / "stats.json").read_bytes())["books"]["in"] == 3
    (tmp_path / "out" / "theses.txt").write_text("x")
    with pytest.raises(ConfigError, match=r"theses\.txt"):
        run(tmp_path / "out", path, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl", "out"]


def test_a_file_that_changes_under_way_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.jsonl", documents())
    real = signing._require_once

    def change(corpus: signing.Corpus) -> None:
        real(corpus)
        write(path, [{**d, "text": d["text"] + "."} for d in documents()])

    monkeypatch.setattr(signing, "_require_once", change)
    assert "changed between" in refused(tmp_path, path)


def test_what_is_running_ends_when_one_part_fails(tmp_path: Path) -> None:
    """The reader of an endless part stops once another part met an error."""

    class Endless:
        def blocks(self) -> Any:
            while True:
                yield lambda: rows.rows_of(pa.array(["a"]), pa.array(["가"]), "here")

    class Bad:
        def blocks(self) -> Any:
            yield lambda: (_ for _ in ()).throw(ConfigError("bad block"))

    with pytest.raises(ConfigError, match="bad block"):
        signing.each_block([Endless(), Bad()], lambda _, block: block(), 2)
