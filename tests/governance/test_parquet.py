import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import governance.parquet as parquet
from governance.parquet import ReleasedWriter, leaf_columns, statistics_of, write_released
from governance.records.errors import IntegrityError
from governance.records.schemas import DOCUMENT
from tests.governance.small_release import PLANTED, doc_id, documents

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=60)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _written(path: Path, table: pa.Table, batch_rows: int) -> str:
    with ReleasedWriter(path, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=batch_rows):
            writer.write(batch)
    return _digest(path)


@pytest.fixture
def small_groups(monkeypatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 100)
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 4_000)


@pytest.mark.parametrize("batch_rows", [1, 7, 100, 1000])
def test_bytes_do_not_depend_on_the_batches(tmp_path: Path, small_groups, batch_rows: int) -> None:
    table = documents(700)
    write_released(tmp_path / "whole.parquet", table)
    assert _written(tmp_path / "batched.parquet", table, batch_rows) == _digest(tmp_path / "whole.parquet")
    assert pq.read_metadata(tmp_path / "whole.parquet").num_row_groups > 7


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 9), st.integers(1, 9))
def test_any_two_ways_to_batch_any_texts_give_equal_bytes(tmp_path_factory, texts, one: int, other: int) -> None:
    directory = tmp_path_factory.mktemp("shards")
    table = pa.table({"text": pa.array(texts, pa.string())})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "ROW_GROUP_ROWS", 10)
        patch.setattr(parquet, "ROW_GROUP_BYTES", 40)
        assert _written(directory / "a", table, one) == _written(directory / "b", table, other)
    assert pq.read_table(directory / "a").equals(table)


def test_bytes_do_not_depend_on_chunks_offsets_or_threads(tmp_path: Path) -> None:
    table = documents(300)
    shifted = pa.concat_tables([table.slice(0, 1), table.slice(1, 150), table.slice(151)])
    padded = pa.concat_tables([documents(5, first=900), table]).slice(5)
    pa.set_cpu_count(1)
    digests = set()
    for number, version in enumerate((table, shifted, padded)):
        write_released(tmp_path / str(number), version)
        digests.add(_digest(tmp_path / str(number)))
    assert len(digests) == 1


def test_a_row_group_ends_at_its_bytes_or_its_rows(tmp_path: Path, small_groups) -> None:
    long = pa.table({"text": ["x" * 1_500] * 10})
    short = pa.table({"text": ["x"] * 250})
    for table, rows in ((long, [3, 3, 3, 1]), (short, [100, 100, 50])):
        write_released(tmp_path / "a", table)
        metadata = pq.read_metadata(tmp_path / "a")
        assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == rows


def test_statistics_and_page_index_stand_on_ids_source_and_numbers_only(tmp_path: Path) -> None:
    write_released(tmp_path / "a", documents(50))
    metadata = pq.read_metadata(tmp_path / "a")
    chunks = [metadata.row_group(0).column(n) for n in range(metadata.num_columns)]
    measured = {chunk.path_in_schema for chunk in chunks if chunk.is_stats_set}
    assert {chunk.path_in_schema for chunk in chunks if chunk.has_column_index} == measured
    numbers = {path for path, kind in leaf_columns(DOCUMENT).items() if pa.types.is_primitive(kind)}
    numbers -= {"published_at", "collected_at"}
    assert measured == numbers | {"doc_id", "source"}


def test_nothing_but_our_version_is_in_the_metadata(tmp_path: Path) -> None:
    theirs = {"pandas": '{"index_columns": ["SECRETTITLE"]}', "huggingface": "SECRETTEXT"}
    write_released(tmp_path / "a", documents(5).replace_schema_metadata(theirs | DOCUMENT.metadata))
    assert b"SECRETTITLE" not in (tmp_path / "a").read_bytes()[-4000:]
    assert set(pq.read_metadata(tmp_path / "a").metadata) == {b"ARROW:schema", b"malmoi.schema_version"}
    assert pq.read_schema(tmp_path / "a").metadata == DOCUMENT.metadata


def test_no_planted_value_stands_outside_the_data_pages(tmp_path: Path) -> None:
    write_released(tmp_path / "a", documents(200))
    data = (tmp_path / "a").read_bytes()
    end = _end_of_pages(pq.read_metadata(tmp_path / "a"))
    assert len(data) - end > 5_000
    assert [word for word in PLANTED if word.encode() in data[end:]] == []


def _end_of_pages(metadata: pq.FileMetaData) -> int:
    chunks = [
        metadata.row_group(g).column(c) for g in range(metadata.num_row_groups) for c in range(metadata.num_columns)
    ]
    return max((c.dictionary_page_offset or c.data_page_offset) + c.total_compressed_size for c in chunks)


@pytest.mark.parametrize(
    "kind", [pa.uint32(), pa.large_string(), pa.binary(), pa.timestamp("ms"), pa.float32(), pa.bool_()]
)
def test_types_that_break_readers_are_refused(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"a": pa.array([], kind), "b": pa.array([], pa.list_(pa.struct([("c", kind)])))})
    with pytest.raises(IntegrityError, match=r"a \(.*b\.list\.element\.c"):
        write_released(tmp_path / "a", table)
    assert list(tmp_path.iterdir()) == []


WRONG_ROWS = {
    "a column too few": documents(1).drop_columns(["title"]),
    "a column too many": documents(1).append_column("extra", pa.array(["SECRETTEXT"])),
    "another order": documents(1).select(list(reversed(DOCUMENT.names))),
    "another type": documents(1).set_column(12, "chars", pa.array(["SECRETTEXT"])),
    "a null where none may be": documents(1).set_column(1, "text", pa.array([None], pa.string())),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_rows_that_do_not_fit_are_refused_and_leave_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(IntegrityError) as caught, ReleasedWriter(tmp_path / "a", DOCUMENT) as writer:
        writer.write(WRONG_ROWS[name])
    assert "SECRETTEXT" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ReleasedWriter(tmp_path / "a", DOCUMENT) as writer:
        writer.write(documents(10))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_rows_is_a_file(tmp_path: Path) -> None:
    write_released(tmp_path / "a", DOCUMENT.empty_table())
    assert pq.read_table(tmp_path / "a").schema.equals(DOCUMENT)
    assert statistics_of(tmp_path / "a")["numRecords"] == 0


@pytest.mark.parametrize("point", ["after-temp-write", "after-fsync", "after-rename"])
def test_a_kill_leaves_a_whole_file_or_none(tmp_path: Path, point: str) -> None:
    code = (
        "import sys; from pathlib import Path; from governance.parquet import write_released; "
        "from tests.governance.small_release import documents; write_released(Path(sys.argv[1]), documents(50))"
    )
    environment = os.environ | {"MALMOI_CRASH_AT": point}
    target = tmp_path / "a.parquet"
    killed = subprocess.run([sys.executable, "-c", code, str(target)], env=environment)
    assert killed.returncode == -signal.SIGKILL
    assert target.exists() == (point == "after-rename")
    if target.exists():
        assert pq.read_table(target).equals(documents(50))


def test_statistics_are_those_of_the_rows(tmp_path: Path, small_groups) -> None:
    write_released(tmp_path / "a", documents(250))
    stats, ids = statistics_of(tmp_path / "a"), [doc_id(number) for number in range(250)]
    assert stats["numRecords"] == 250
    assert (stats["minValues"]["doc_id"], stats["maxValues"]["doc_id"]) == (min(ids), max(ids))
    assert (stats["minValues"]["chars"], stats["maxValues"]["chars"]) == (20, 269)
    assert stats["maxValues"]["quality"]["hangul_share"] == 249 / 250
    assert stats["nullCount"]["quality"]["syllables"] == 0
    assert set(stats["minValues"]) == {"doc_id", "source", "chars", "quality", "cluster_size"}


def test_statistics_of_nothing_but_nulls_have_no_bounds(tmp_path: Path) -> None:
    write_released(tmp_path / "a", pa.table({"chars": pa.array([None, None], pa.int32())}))
    stats = statistics_of(tmp_path / "a")
    assert stats == {"numRecords": 2, "minValues": {}, "maxValues": {}, "nullCount": {"chars": 2}}


@pytest.mark.parametrize("share", [float("nan"), float("inf"), -0.0])
def test_statistics_of_odd_numbers_stay_json(tmp_path: Path, share: float) -> None:
    write_released(tmp_path / "a", pa.table({"share": [0.5, share]}))
    stats = statistics_of(tmp_path / "a")
    assert all(value == value and abs(value) != float("inf") for value in stats["maxValues"].values())
