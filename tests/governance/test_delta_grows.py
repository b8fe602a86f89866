"""A corpus of an older release takes a newer one: columns are added, and nothing else about the table changes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from governance.delta import Shard, commit, delta_schema, live_shards, open_table
from governance.delta_log import replay
from governance.delta_transaction import grows_into
from governance.parquet import write_released
from governance.records.errors import IntegrityError

OLDER = pa.schema([pa.field("doc_id", pa.string(), nullable=False), pa.field("source", pa.string(), nullable=False)])
NEWER = OLDER.append(pa.field("said", pa.list_(pa.struct([("word", pa.string()), ("times", pa.int32())]))))


def _shard(root: Path, name: str, schema: pa.Schema) -> Shard:
    row = {"doc_id": name, "source": "s", "said": [{"word": "w", "times": 2}]}
    write_released(root / f"{name}.parquet", pa.Table.from_pylist([row], schema=schema))
    return Shard.of(root, f"{name}.parquet", "s", "l")


def _grown(root: Path) -> list[Shard]:
    old, gone, new = _shard(root, "a", OLDER), _shard(root, "b", OLDER), _shard(root, "c", NEWER)
    commit(root, release_id="r1", shards=[old, gone], expected_version=0, schema=OLDER)
    commit(root, release_id="r2", shards=[old, new], expected_version=1, schema=NEWER)
    return [old, new]


def test_a_reader_sees_the_added_column_and_null_where_a_file_has_none(tmp_path: Path) -> None:
    _grown(tmp_path)
    rows = pa.table(open_table(tmp_path).to_pyarrow_dataset().to_table()).sort_by("doc_id").to_pylist()
    assert [(row["doc_id"], row["said"]) for row in rows] == [("a", None), ("c", [{"word": "w", "times": 2}])]


def test_the_grown_table_is_the_same_table_and_goes_on(tmp_path: Path) -> None:
    shards = _grown(tmp_path)
    before, after = replay(tmp_path, 0), replay(tmp_path, 1)
    assert after.metadata["id"] == before.metadata["id"] and after.transactions == {"r1": 0, "r2": 1}
    assert after.metadata["schemaString"] == delta_schema(NEWER)
    assert [shard.path for shard in live_shards(tmp_path)] == ["a.parquet", "c.parquet"]
    assert commit(tmp_path, release_id="r3", shards=shards[:1], expected_version=2, schema=NEWER) == 2
    assert len(open_table(tmp_path).file_uris()) == 1


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"fields": 1}', '{"fiel`s": []}', '{"fields": [{}]}'])
def test_a_schema_that_cannot_be_read_is_no_growth(broken: str) -> None:
    written = delta_schema(OLDER)
    assert not grows_into(written, broken) and not grows_into(broken, written)


@pytest.mark.parametrize(
    "other",
    [
        NEWER.append(pa.field("must", pa.string(), nullable=False)),
        pa.schema([NEWER.field("said"), *OLDER]),
        pa.schema([OLDER.field("doc_id")]),
        pa.schema([pa.field("doc_id", pa.int32(), nullable=False), *list(NEWER)[1:]]),
    ],
    ids=["added, never null", "added before", "taken away", "another type"],
)
def test_no_other_change_of_the_schema_is_taken(tmp_path: Path, other: pa.Schema) -> None:
    assert grows_into(delta_schema(OLDER), delta_schema(NEWER)) and not grows_into(
        delta_schema(NEWER), '{"fields": []}'
    )
    shards = _grown(tmp_path)
    with pytest.raises(IntegrityError, match="another schema"):
        commit(tmp_path, release_id="r3", shards=shards, expected_version=2, schema=other)
