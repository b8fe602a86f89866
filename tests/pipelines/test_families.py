import re
from pathlib import Path

import pytest

from pipelines import families
from pipelines.families import FAMILIES, ROOT, lock_hash, source_hashes


def _tree(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for place in FAMILIES.values():
        path = directory / place if place.endswith(".py") else directory / place / "code.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    monkeypatch.setattr(families, "ROOT", directory)
    return directory


def test_every_family_is_a_package_or_stage_of_ours_and_has_its_hash() -> None:
    found = source_hashes()
    assert found.keys() == FAMILIES.keys() and len(set(found.values())) == len(found)
    packages = [ROOT / place for place in FAMILIES.values() if not place.endswith(".py")]
    assert all((package / "__init__.py").is_file() for package in packages)
    assert all(re.fullmatch("[a-z2-7]{26}", digest) for digest in found.values())


@pytest.mark.parametrize(
    ("path", "text", "changes"),
    [
        ("transforms/pii/code.py", "x = 2\n", True),
        ("transforms/pii/more.py", "", True),
        ("transforms/pii/names.txt", "가", True),
        ("transforms/pii/model.npz", "0", True),
        ("transforms/pii/README.md", "words", False),
        ("transforms/pii/__pycache__/code.pyc", "0", False),
    ],
)
def test_code_and_model_data_change_the_hash_of_their_family_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, text: str, changes: bool
) -> None:
    root = _tree(tmp_path, monkeypatch)
    before = source_hashes()
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text)
    changed = {family for family, digest in source_hashes().items() if digest != before[family]}
    assert changed == ({"pii"} if changes else set())


def test_a_renamed_file_changes_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _tree(tmp_path, monkeypatch)
    before = source_hashes()["text"]
    (root / "transforms" / "text" / "code.py").rename(root / "transforms" / "text" / "named.py")
    assert source_hashes()["text"] != before


def test_where_the_code_stands_is_not_in_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path / "one", monkeypatch)
    first = source_hashes()
    _tree(tmp_path / "two", monkeypatch)
    assert source_hashes() == first


def test_the_lock_follows_installed_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    before = lock_hash()
    assert lock_hash() == before
    monkeypatch.setattr("importlib.metadata.version", lambda package: "9.9.9")
    assert lock_hash() != before


def test_a_stage_that_changed_makes_only_its_own_results_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _tree(tmp_path, monkeypatch)
    before = source_hashes()
    (root / "pipelines/stages/judge.py").write_text("x = 2\n")
    assert {family for family, digest in source_hashes().items() if digest != before[family]} == {"stage-judge"}
