"""What every test shares: numba's cache beside the checkout, and where the real data is."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.object_store import BUCKET, s3_server

DATA_VARIABLE = "MALMOI_DATA"
os.environ.setdefault(DATA_VARIABLE, str(Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real Korean data; the test is skipped where it is not there."""
    path = Path(os.environ[DATA_VARIABLE])
    if not path.is_dir():
        pytest.skip(f"no real data at {path}; set {DATA_VARIABLE}")
    return path


@pytest.fixture(scope="session")
def _bucket() -> Iterator[str]:
    """URL of a bucket; the variables that lead to it are set, for this process and those it starts."""
    with s3_server() as variables, pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield f"s3://{BUCKET}"


_numbers = itertools.count()


@pytest.fixture
def store_url(_bucket: str) -> str:
    """URL of an object store that is empty below it."""
    return f"{_bucket}/{next(_numbers)}"


@pytest.fixture(scope="module")
def module_store_url(_bucket: str) -> str:
    """As `store_url`, for a module's tests together."""
    return f"{_bucket}/{next(_numbers)}"
