"""Tombstones: what was erased is known again by its id, its letters and digits, or a text much like it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.erasure import SCHEMA, SKETCH_AT_LEAST, Tombstones, sketches

KEY, OTHER = b"k" * 32, b"o" * 32
PERMUTATIONS = 128


def _documents(*rows: tuple[str, str, int]) -> pa.Table:
    """(native id, text, seed of its signature) of each document."""
    columns = {
        "native_key": pa.array([r[0].encode().ljust(16, b"-") for r in rows], pa.binary(16)),
        "text_key": pa.array([r[1].encode().ljust(16, b"-") for r in rows], pa.binary(16)),
        "signature": pa.array([_signature(r[2]).tobytes() for r in rows], pa.binary()),
    }
    return pa.table(columns)


def _signature(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, PERMUTATIONS, dtype="<u4")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tombstones.parquet"


def _buried(path: Path, *rows: tuple[str, str, int], erasure: str = "E-1") -> Tombstones:
    return Tombstones.load(path, KEY).add(path, erasure, _documents(*rows))


def test_without_tombstones_nothing_matches(path: Path) -> None:
    none = Tombstones.load(path, KEY)
    assert none.version == "none" and not path.exists()
    assert none.matches(_documents(("a", "x", 1))).tolist() == [False]
    assert none.matches(_documents()).tolist() == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (("a", "other", 9), True),  # the same id with another text
        (("b", "x", 9), True),  # the same letters under another id
        (("b", "other", 1), True),  # the same signature
        (("b", "other", 9), False),
    ],
)
def test_an_erased_document_is_known_by_id_by_text_or_by_likeness(
    path: Path, document: tuple[str, str, int], expected: bool
) -> None:
    assert _buried(path, ("a", "x", 1)).matches(_documents(document)).tolist() == [expected]


@given(st.integers(0, PERMUTATIONS))
@settings(max_examples=40, deadline=None)
def test_a_text_matches_from_the_bound_of_equal_values_on(equal: int) -> None:
    erased, near = _signature(1), _signature(2)
    near[:equal] = erased[:equal]
    table = _documents(("b", "other", 1)).set_column(2, "signature", pa.array([near.tobytes()], pa.binary()))
    tombstone = Tombstones(SCHEMA.empty_table(), KEY).describe(_documents(("a", "x", 1)))
    tombstones = Tombstones(tombstone.add_column(0, "erasure", pa.array(["E-1"])).cast(SCHEMA), KEY)
    # A byte of an unlike value agrees once in 256, so up to a handful more may seem equal.
    found = bool(tombstones.matches(table)[0])
    bound = SKETCH_AT_LEAST * PERMUTATIONS
    if equal >= bound:
        assert found
    if equal < bound - 6:
        assert not found


def _shingled(text: str) -> np.ndarray:
    """A MinHash signature made here, of windows of five characters."""
    rng = np.random.default_rng(7)
    a, b = rng.integers(1, 2**31, (2, PERMUTATIONS), dtype=np.uint64)
    grams = {text[n : n + 5] for n in range(len(text) - 4)}
    hashed = np.array([int.from_bytes(g.encode()[:16], "little") % (2**61 - 1) for g in sorted(grams)], np.uint64)
    hashed = (hashed * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return (((hashed[:, None] * (a | np.uint64(1)) + b) & np.uint64(2**32 - 1)).min(axis=0)).astype("<u4")


def _of(name: str, text: str) -> pa.Table:
    columns = _documents((name, name, 0))
    return columns.set_column(2, "signature", pa.array([_shingled(text).tobytes()], pa.binary()))


FRAME = "귀 기관의 무궁한 발전을 기원합니다. 아래와 같이 {0} 알려 드리오니 {1} 바랍니다. 붙임 {2} 끝."
LETTERS = [
    FRAME.format("도로 굴착 공사에 따른 통행 제한 구간을", "우회하여 주시기", "도면 한 부."),
    FRAME.format("여름철 물놀이장 안전 점검 결과를", "시설을 보완하여 주시기", "점검표 두 부."),
]


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_one_changed_character_in_thirty_is_still_the_same_text(path: Path, at: int) -> None:
    text = LETTERS[0]
    changed = "".join("뷁" if n % 30 == at % 30 else c for n, c in enumerate(text))
    tombstones = Tombstones.load(path, KEY).add(path, "E-1", _of("a", text))
    assert tombstones.matches(_of("b", changed)).tolist() == [True]


def test_two_letters_of_one_template_are_not(path: Path) -> None:
    tombstones = Tombstones.load(path, KEY).add(path, "E-1", _of("a", LETTERS[0]))
    assert tombstones.matches(_of("b", LETTERS[1])).tolist() == [False]


def test_burying_again_adds_nothing_and_moves_no_hash(path: Path) -> None:
    first = _buried(path, ("a", "x", 1), ("b", "y", 2))
    before = path.read_bytes()
    again = _buried(path, ("b", "y", 2), ("a", "x", 1))
    assert again.version == first.version and again.table.num_rows == 2 and path.read_bytes() == before
    assert _buried(path, ("c", "z", 3)).version != first.version


def test_the_version_does_not_depend_on_the_order(tmp_path: Path) -> None:
    rows = [("a", "x", 1), ("b", "y", 2)]
    assert _buried(tmp_path / "one", *rows).version == _buried(tmp_path / "two", *rows[::-1]).version


def test_tombstones_of_one_erasure_stand_apart(path: Path) -> None:
    _buried(path, ("a", "x", 1))
    both = _buried(path, ("b", "y", 2), erasure="E-2")
    ours = both.of("E-1")
    table = _documents(("a", "n", 8), ("b", "m", 9))
    assert ours.matches(table).tolist() == [True, False] and both.matches(table).tolist() == [True, True]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyzw"), st.integers(1, 4)), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_what_is_left_of_a_purged_document_matches_as_the_document_did(rows: list[tuple[str, str, int]]) -> None:
    whole = Tombstones(SCHEMA.empty_table(), KEY)
    buried = whole.describe(_documents(("a", "x", 1), ("b", "y", 2)))
    tombstones = Tombstones(buried.add_column(0, "erasure", pa.array(["E-1"] * 2)).cast(SCHEMA), KEY)
    table = _documents(*rows)
    assert tombstones.matches_known(tombstones.describe(table)).tolist() == tombstones.matches(table).tolist()


def test_a_tombstone_gives_no_text_away_and_none_can_read_it_but_us(path: Path) -> None:
    _buried(path, ("a", "x", 1))
    assert path.stat().st_mode & 0o077 == 0
    table = pq.read_table(path)
    assert table.schema.names == SCHEMA.names and len(table["sketch"][0].as_py()) == PERMUTATIONS
    assert _signature(1).tobytes() not in path.read_bytes()
    assert repr(Tombstones.load(path, KEY)) == "Tombstones(1)"


def test_a_sketch_depends_on_the_key() -> None:
    signature = _documents(("a", "x", 1))["signature"]
    ours, theirs = sketches(signature, KEY), sketches(signature, OTHER)
    assert ours.shape == (1, PERMUTATIONS) and ours.dtype == np.uint8
    assert np.count_nonzero(ours == theirs) < 10
    assert sketches(signature.slice(0, 0), KEY).shape == (0, 0)


def test_a_sketch_of_another_length_matches_nothing(path: Path) -> None:
    tombstones = _buried(path, ("a", "x", 1))
    short = pa.array([_signature(1)[:64].tobytes()], pa.binary())
    assert tombstones.matches(_documents(("b", "y", 2)).set_column(2, "signature", short)).tolist() == [False]


@pytest.mark.parametrize("length", [64, 112, 128, 260, 33])
def test_thousands_of_sketches_find_what_comparing_each_finds(length: int) -> None:
    rng = np.random.default_rng(length)
    erased = rng.integers(0, 256, (1_500, length), np.uint8)
    met = rng.integers(0, 256, (300, length), np.uint8)
    # As many equal bytes as are needed, one fewer, one more: anywhere in the sketch.
    enough = int(np.ceil(0.6 * length))
    for row, equal in enumerate(np.resize([enough - 1, enough, enough + 1], 150)):
        places = rng.choice(length, equal, replace=False)
        met[row] = 255 - erased[row * 9]
        met[row, places] = erased[row * 9, places]
    columns = {"native_key": [rng.bytes(16) for _ in erased], "text_key": [rng.bytes(16) for _ in erased]}
    table = pa.table(columns | {"erasure": ["e"] * 1_500, "sketch": [bytes(row) for row in erased]})
    known = pa.table(
        {
            "native_key": pa.array([rng.bytes(16) for _ in met], pa.binary(16)),
            "text_key": pa.array([rng.bytes(16) for _ in met], pa.binary(16)),
            "sketch": pa.array([bytes(row) for row in met], pa.binary()),
        }
    )
    found = Tombstones(table.select(SCHEMA.names).cast(SCHEMA), KEY).matches_known(known)
    stated = [(erased == row).sum(axis=1).max() >= 0.6 * length for row in met]
    assert found.tolist() == stated and 90 < sum(stated) < 110
