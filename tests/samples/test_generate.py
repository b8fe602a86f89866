import hashlib
from collections import Counter
from pathlib import Path

import pytest

from samples import Truth, generate
from samples.invented import MAKERS


def digest(root: Path) -> str:
    hasher = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            hasher.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return hasher.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        generate(tmp_path / name, seed=seed, scale=0.1)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_every_kind_of_thing_is_planted(corpora: tuple[Path, Truth]) -> None:
    planted = Counter(row.what for row in corpora[1].rows)
    whats = {"pii", "negative", "exact_duplicate", "near_duplicate", "template", "low_quality", "broken"}
    assert set(planted) == whats
    kinds = {row.kind for row in corpora[1].rows if row.what == "pii"}
    assert kinds >= MAKERS.keys() - {"rrn_2020"} | {"sensitive"}


def test_every_value_stands_where_the_truth_says(corpora: tuple[Path, Truth]) -> None:
    for row in corpora[1].rows:
        if row.what == "pii":
            assert row.end - row.start == len(row.value) > 0
            assert row.value == row.value.strip()


def test_every_group_has_at_least_two_members(corpora: tuple[Path, Truth]) -> None:
    groups = Counter(row.group for row in corpora[1].rows if row.group)
    assert min(groups.values()) >= 2


def test_native_ids_are_unique_within_a_corpus(corpora: tuple[Path, Truth]) -> None:
    items = {(row.corpus, row.native_id): row.item for row in corpora[1].rows if row.native_id}
    for row in corpora[1].rows:
        if row.native_id:
            assert items[row.corpus, row.native_id] == row.item


def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        generate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_scale_that_cannot_hold_everything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="scale"):
        generate(tmp_path / "out", scale=0.01)
