"""A kernel never runs yesterday's version of a function that it calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import caching

from transforms.dedup import bands, compiled, components, minhash, murmur, passages, shingles, verify, windows
from transforms.dedup.compiled import kernel, source_stamp

PACKAGE = Path(compiled.__file__).parent


@pytest.mark.parametrize("change", ["content", "name", "new file"])
def test_any_changed_source_changes_the_stamp(tmp_path: Path, change: str) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    (tmp_path / "two.py").write_text("b = 1\n")
    before = source_stamp(tmp_path)
    assert before == source_stamp(tmp_path)
    if change == "content":
        (tmp_path / "one.py").write_text("a = 2\n")
    elif change == "name":
        (tmp_path / "one.py").rename(tmp_path / "three.py")
    else:
        (tmp_path / "three.py").write_text("")
    assert source_stamp(tmp_path) != before


@pytest.mark.parametrize("module", [bands, components, minhash, murmur, passages, shingles, verify, windows])
def test_every_kernel_of_the_package_is_stamped_with_all_its_sources(module: object) -> None:
    kernels = [value for value in vars(module).values() if hasattr(value, "py_func")]
    assert kernels
    for each in kernels:
        assert each._cache._cache_file._source_stamp == source_stamp(PACKAGE), each.py_func.__name__


def test_a_changed_callee_in_another_file_is_compiled_into_its_caller(tmp_path: Path) -> None:
    package = tmp_path / "kernels"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "compiled.py").write_text(Path(compiled.__file__).read_text())
    (package / "caller.py").write_text(
        "from kernels.callee import one\nfrom kernels.compiled import kernel\n\n\n"
        "@kernel\ndef twice(x):\n    return 2 * one(x)\n"
    )
    code = "from kernels.caller import twice; print(twice(3))"
    answers = []
    for factor in (1, 5):
        (package / "callee.py").write_text(
            f"from kernels.compiled import kernel\n\n\n@kernel\ndef one(x):\n    return {factor} * x\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
        )
        answers.append(int(done.stdout))
    assert answers == [6, 30]


def test_without_a_folder_for_the_cache_kernels_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    @kernel
    def add(one: int, other: int) -> int:
        return one + other

    assert add(2, 3) == 5
