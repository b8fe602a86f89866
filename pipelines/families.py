"""Source hashes of the code families that decide what comes out, and of the locked dependencies."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from unicodedata import unidata_version

from blake3 import blake3

from governance.records.ids import base32

ROOT = Path(__file__).resolve().parent.parent
# A stage that changed makes its own results anew, and those that follow from them.
_STAGES = (
    "prepare",
    "judge",
    "group",
    "lookup",
    "released",
    "connect",
    "verify",
    "ranks",
    "elect",
    "passages",
    "cutting",
    "protect",
    "contamination",
    "sensitive",
    "publish",
)
FAMILIES = {
    "connectors": "connectors",
    "text": "transforms/text",
    "language": "transforms/language",
    "quality": "transforms/quality",
    "dedup": "transforms/dedup",
    "decontaminate": "transforms/decontaminate",
    "pii": "transforms/pii",
    "records": "governance/records",
} | {f"stage-{stage}": f"pipelines/stages/{stage}.py" for stage in _STAGES}
_DATA = {".py", ".npz", ".tsv", ".txt", ".json", ".yaml"}


def source_hashes() -> dict[str, str]:
    """Hash of every file of each family (code and model data), by family."""
    return {family: _hash(ROOT / place) for family, place in FAMILIES.items()}


def lock_hash() -> str:
    """Hash of the versions of the packages, and of Unicode, that decide what becomes of a text."""
    packages = ("pyarrow", "polars", "numpy", "numba", "blake3", "ftfy", "resiliparse", "lxml")
    lines = [f"unicode=={unidata_version}", *(f"{package}=={metadata.version(package)}" for package in packages)]
    return base32(blake3("\n".join(lines).encode()).digest(length=16))


def _hash(place: Path) -> str:
    """Of one file, or of every file below a folder."""
    hasher = blake3()
    found = [place] if place.is_file() else (p for p in place.rglob("*") if p.suffix in _DATA)
    for path in sorted(found):
        hasher.update(path.relative_to(place.parent).as_posix().encode() + b"\0")
        hasher.update(path.read_bytes() + b"\0")
    return base32(hasher.digest(length=16))
