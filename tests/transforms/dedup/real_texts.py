"""Real Korean documents, read in place; tests that need them skip with the reason where they are absent."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

DATA = Path(os.environ.get("MALMOI_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


def _markdown(folder: str) -> list[str]:
    paths = sorted((DATA / folder).rglob("*.md"))
    return [p.read_text("utf-8").split("---", 2)[-1] for p in paths if p.name != "README.md"]


def _petitions() -> list[str]:
    paths = sorted((DATA / "gov/petitions").glob("*.jsonl"))
    return [json.loads(line)["content"] for p in paths for line in p.read_text("utf-8").splitlines()]


@cache
def real_texts() -> pa.LargeStringArray:
    """Versions of ten statutes, petitions and court decisions: about 3,170 documents."""
    if not (DATA / "gov/law_versions").is_dir():
        pytest.skip(f"no real data at {DATA}; set MALMOI_DATA")
    texts = _markdown("gov/law_versions") + _petitions() + _markdown("gov/precedents_md")
    return pa.array([text for text in texts if text.strip()], pa.large_string())
