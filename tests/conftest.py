"""What every test shares: numba's cache beside the checkout, and where the real data is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA_VARIABLE = "MALMOI_DATA"
os.environ.setdefault(DATA_VARIABLE, str(Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The real Korean data; the test is skipped where it is not there."""
    path = Path(os.environ[DATA_VARIABLE])
    if not path.is_dir():
        pytest.skip(f"no real data at {path}; set {DATA_VARIABLE}")
    return path
