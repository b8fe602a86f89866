import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.keys import KeyStore, public_id
from governance.records.errors import IntegrityError, MissingKeyError, VersionError
from governance.records.schemas import STAGED
from governance.restricted import key_id_of, read_restricted, restricted_file, write_restricted
from tests.governance.small_release import PLANTED, documents

KEY, OTHER = b"\x01" * 32, b"\x02" * 32


def _write(path: Path, table: pa.Table, key: bytes = KEY, batch_rows: int = 1000) -> int:
    return write_restricted(path, table.to_batches(max_chunksize=batch_rows), key, public_id(key), table.schema)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    _write(tmp_path / "a.parquet", documents(400))
    return tmp_path / "a.parquet"


def test_what_was_written_comes_back(sealed: Path) -> None:
    assert read_restricted(sealed, KEY).equals(documents(400))
    assert read_restricted(sealed, KEY, columns=["doc_id", "chars"]).equals(documents(400).select(["doc_id", "chars"]))


def test_row_groups_are_read_one_by_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("governance.restricted.ROW_GROUP_ROWS", 100)
    assert _write(tmp_path / "a", documents(400), batch_rows=50) == 400
    with restricted_file(tmp_path / "a", KEY) as file:
        assert file.num_row_groups == 4
        assert file.read_row_group(2).equals(documents(100, first=200))
        assert sum(batch.num_rows for batch in file.iter_batches(batch_size=33)) == 400
    assert read_restricted(tmp_path / "a", KEY, row_groups=[1, 3], columns=["doc_id"]).num_rows == 200


def test_a_file_without_rows_keeps_its_schema(tmp_path: Path) -> None:
    assert write_restricted(tmp_path / "a", iter(()), KEY, public_id(KEY), STAGED) == 0
    schema = read_restricted(tmp_path / "a", KEY).schema
    assert schema.equals(STAGED)
    assert schema.metadata == STAGED.metadata
    _write(tmp_path / "b", STAGED.empty_table())
    assert read_restricted(tmp_path / "b", KEY).num_rows == 0


def test_no_value_and_no_column_name_can_be_read_in_the_file(sealed: Path) -> None:
    data = sealed.read_bytes()
    names = ["doc_id", "quality", "published_at", "malmoi.schema_version", "ARROW:schema", "parquet-cpp"]
    assert [word for word in (*PLANTED, *names, "minutes") if word.encode() in data] == []


def test_the_file_names_its_key_and_is_for_its_owner_only(sealed: Path) -> None:
    assert key_id_of(sealed) == public_id(KEY)
    assert sealed.stat().st_mode & 0o777 == 0o600


def test_equal_rows_are_sealed_differently_each_time(sealed: Path, tmp_path: Path) -> None:
    _write(tmp_path / "b", documents(400))
    assert (tmp_path / "b").read_bytes() != sealed.read_bytes()


def test_a_wrong_key_is_told_from_a_damaged_file(sealed: Path) -> None:
    with pytest.raises(MissingKeyError, match=public_id(KEY)):
        read_restricted(sealed, OTHER)
    altered = bytearray(sealed.read_bytes())
    altered[-60] ^= 1
    sealed.write_bytes(altered)
    with pytest.raises(IntegrityError, match="footer"):
        read_restricted(sealed, KEY)


def test_after_the_key_is_destroyed_nobody_reads_the_file(tmp_path: Path) -> None:
    keys = KeyStore.open(tmp_path / "keys", create=True)
    _write(tmp_path / "a", documents(10), keys.secret("zone/a"))
    keys.destroy("zone/a")
    with pytest.raises(MissingKeyError):
        read_restricted(tmp_path / "a", keys.secret("zone/a"))
    with pytest.raises(MissingKeyError):
        read_restricted(tmp_path / "a", keys.secret("zone/b"))


def test_a_flipped_byte_is_found_wherever_it_stands(sealed: Path, tmp_path: Path) -> None:
    good, read = sealed.read_bytes(), []
    for at in range(4, len(good), max(1, len(good) // 150)):
        altered = bytearray(good)
        altered[at] ^= 0x10
        (tmp_path / "b").write_bytes(altered)
        try:
            read.append((at, read_restricted(tmp_path / "b", KEY).equals(documents(400))))
        except (IntegrityError, MissingKeyError):
            continue
    # Bytes that no reader looks at (the leading magic, padding between page headers) may pass; the rows are right.
    assert all(right for _, right in read)
    assert len(read) < 15


def test_a_page_that_was_altered_is_named_however_it_is_read(sealed: Path) -> None:
    altered = bytearray(sealed.read_bytes())
    altered[2_000] ^= 1
    sealed.write_bytes(altered)
    for read in (
        lambda file: file.read(),
        lambda file: file.read_row_group(0),
        lambda file: file.read_row_groups([0]),
        lambda file: list(file.iter_batches()),
    ):
        with restricted_file(sealed, KEY) as file, pytest.raises(IntegrityError, match=sealed.name):
            read(file)


NO_FILES_OF_OURS = {"empty": b"", "short": b"PARE", "text": b"x" * 500, "length too long": b"PARE\xff\xff\xff\x7fPARE"}


@pytest.mark.parametrize("name", NO_FILES_OF_OURS)
def test_what_is_no_file_of_ours_is_said_to_be_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").write_bytes(NO_FILES_OF_OURS[name])
    with pytest.raises(IntegrityError, match="not an encrypted file"):
        restricted_file(tmp_path / "a", KEY)


def test_a_plain_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(documents(3), tmp_path / "a")
    with pytest.raises(IntegrityError, match="not an encrypted file"):
        restricted_file(tmp_path / "a", KEY)


def test_a_file_cut_short_is_damaged(sealed: Path) -> None:
    sealed.write_bytes(sealed.read_bytes()[:-100])
    with pytest.raises(IntegrityError):
        restricted_file(sealed, KEY)


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        restricted_file(tmp_path / "a", KEY)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    table = documents(3).replace_schema_metadata({"malmoi.schema_version": "2.0"})
    _write(tmp_path / "a", table)
    with pytest.raises(VersionError, match="upgrade"):
        restricted_file(tmp_path / "a", KEY)


def test_an_error_of_the_stream_leaves_no_file(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from documents(20).to_batches()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_restricted(tmp_path / "a", broken(), KEY, public_id(KEY), documents(1).schema)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    batch = pa.record_batch({"text": pa.array([os.urandom(4096).hex() for _ in range(128)])})

    def peak_mb(batches: int) -> float:
        process, seen = psutil.Process(), []

        def stream() -> Iterator[pa.RecordBatch]:
            for _ in range(batches):
                seen.append(process.memory_info().rss)
                yield batch

        write_restricted(tmp_path / "a", stream(), KEY, public_id(KEY), batch.schema)
        return max(seen) / 1e6

    peak_mb(100)
    assert peak_mb(400) - peak_mb(100) < 120
