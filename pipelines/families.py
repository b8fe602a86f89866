"""Source hashes of the code families that decide what comes out, and of the locked dependencies."""

from __future__ import annotations

from pathlib import Path

from blake3 import blake3

from governance.records.ids import base32

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = {
    "connectors": "connectors",
    "text": "transforms/text",
    "language": "transforms/language",
    "quality": "transforms/quality",
    "dedup": "transforms/dedup",
    "decontaminate": "transforms/decontaminate",
    "pii": "transforms/pii",
    "records": "governance/records",
    "stages": "pipelines/stages",
}
_DATA = {".py", ".npz", ".tsv", ".txt", ".json", ".yaml"}


def source_hashes() -> dict[str, str]:
    """Hash of every file of each family (code and model data), by family."""
    return {family: _hash(ROOT / folder) for family, folder in FAMILIES.items()}


def lock_hash() -> str:
    """Hash of the installed versions of the packages that touch text or bytes on their way out."""
    from importlib.metadata import version

    packages = ("pyarrow", "polars", "numpy", "numba", "blake3", "ftfy", "resiliparse", "lxml", "charset-normalizer")
    return base32(blake3("\n".join(f"{p}=={version(p)}" for p in packages).encode()).digest(length=16))


def _hash(folder: Path) -> str:
    hasher = blake3()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _DATA):
        hasher.update(path.relative_to(folder).as_posix().encode() + b"\0")
        hasher.update(path.read_bytes() + b"\0")
    return base32(hasher.digest(length=16))
