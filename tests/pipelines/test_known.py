from pathlib import Path

import pyarrow as pa

from pipelines.known import KnownValues
from transforms.pii.kinds import Kind

KEY, ONE, OTHER = b"k" * 32, b"1" * 16, b"2" * 16
VALUE = "달빛마을"  # invented


def _known(tmp_path: Path) -> KnownValues:
    path = tmp_path / "known.parquet"
    KnownValues.load(path, KEY).add(path, [ONE], Kind.NAME, VALUE)
    return KnownValues.load(path, KEY)


def test_a_value_is_destroyed_in_its_document_wherever_it_stands_and_in_no_other(tmp_path: Path) -> None:
    column = pa.array([f"{VALUE} 주민, {VALUE}에서", f"{VALUE} 주민", None], pa.large_string())
    cleared = _known(tmp_path).destroy(column, [ONE, OTHER, ONE])
    assert cleared.type == column.type
    assert cleared.to_pylist() == ["[이름] 주민, [이름]에서", f"{VALUE} 주민", None]
    assert _known(tmp_path).destroy(cleared, [ONE, OTHER, ONE]).equals(cleared)


def test_nothing_known_gives_the_same_array(tmp_path: Path) -> None:
    column = pa.array([VALUE, "짧"])
    assert KnownValues.load(tmp_path / "none", KEY).destroy(column, [ONE, ONE]) is column
    assert _known(tmp_path).destroy(column, [OTHER, OTHER]) is column
    assert _known(tmp_path).destroy(column, [ONE, ONE]).to_pylist() == ["[이름]", "짧"]


def test_the_file_and_the_repr_give_no_value_away_and_another_key_finds_nothing(tmp_path: Path) -> None:
    known = _known(tmp_path)
    path = tmp_path / "known.parquet"
    assert VALUE.encode() not in path.read_bytes() and VALUE not in str(known.table.to_pylist()) + repr(known)
    assert path.stat().st_mode & 0o077 == 0 and known.table.num_rows == 1
    known.add(path, [ONE], Kind.NAME, VALUE)
    assert KnownValues.load(path, KEY).table.num_rows == 1
    column = pa.array([VALUE])
    assert KnownValues.load(path, b"x" * 32).destroy(column, [ONE]).to_pylist() == [VALUE]
