"""What a recipient can prove: a signed root, and for each of its shards the way to that root."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.delta import file_sha256
from governance.manifest import RELEASE_PREDICATE, ROOT, ROOT_PREDICATE, leaf, proof_of
from governance.merkle import is_included
from governance.records.errors import IntegrityError, NotFoundError
from governance.records.ids import canonical_json
from governance.signing import open_envelope

ENTRIES = "shards.json"
# A name from the network becomes a path here: no dots alone, nothing that leads out of the directory.
_PATH = re.compile(r"shards(/[A-Za-z0-9][A-Za-z0-9._=-]*){3}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEYS = {"path": str, "sha256": str, "bytes": int, "rows": int, "source": str, "licence": str, "id": str}


@dataclass(frozen=True)
class Proven:
    """A part of a release whose every entry leads to the signed root.

    Attributes:
        withheld: paths of shards that were stopped because personal data were found in them; as the server says.
    """

    version: int
    release_id: str
    corpus: str
    envelope: bytes
    entries: tuple[dict[str, Any], ...]
    attribution: str
    withheld: tuple[str, ...] = ()


def prove(answer: Any, public_key_pem: bytes) -> Proven:
    """Verifies the server's manifest answer.

    Raises:
        IntegrityError: it is not signed by the key, an entry does not lead to the root, or it has another shape.
    """
    try:
        envelope = canonical_json(answer["envelope"])
        entries = [dict(entry) for entry in answer["shards"]]
        version, attribution = int(answer["version"]), str(answer["attribution"])
        withheld = tuple(path for path in map(str, answer.get("withheld", ())) if _PATH.fullmatch(path))
    except (KeyError, TypeError, ValueError):
        raise IntegrityError("manifest: the server's answer has another shape; is it a Malmoi server?") from None
    predicate = _root(envelope, public_key_pem)
    for entry in entries:
        _require_proven(entry, predicate["merkle"])
    return Proven(version, predicate["releaseId"], predicate["corpus"], envelope, tuple(entries), attribution, withheld)


def _root(envelope: bytes, public_key_pem: bytes) -> dict[str, Any]:
    statement = open_envelope(envelope, public_key_pem, "manifest")
    if statement["predicateType"] not in (RELEASE_PREDICATE, ROOT_PREDICATE):
        raise IntegrityError(f"manifest: says {statement['predicateType']}, which names no shards")
    predicate: dict[str, Any] = statement["predicate"]
    return predicate


def _require_proven(entry: Mapping[str, Any], merkle: Mapping[str, Any]) -> None:
    wrong = [key for key, kind in _KEYS.items() if not isinstance(entry.get(key), kind)]
    if wrong or not _PATH.fullmatch(entry["path"]) or not _SHA256.fullmatch(entry["sha256"]) or entry["bytes"] < 0:
        raise IntegrityError("manifest: an entry is malformed; tell the officers")
    proof = proof_of(entry.get("proof", {}), entry["path"])
    if proof.size != merkle["size"] or not is_included(leaf(entry), proof, bytes.fromhex(merkle["root"])):
        raise IntegrityError(f"{entry['path']}: its proof does not lead to the signed root of this release")


def verify_pull(directory: Path, public_key_pem: bytes) -> Proven:
    """Verifies a pulled directory again, offline: signature, proofs, bytes, and that no file is added.

    Raises:
        NotFoundError: no pull there.
        IntegrityError: names the first thing that does not fit.
    """
    if not (directory / ROOT).is_file():
        raise NotFoundError(f"{directory}: not a pulled table")
    envelope = json.loads((directory / ROOT).read_bytes())
    entries = json.loads((directory / ENTRIES).read_bytes())
    answer = {"envelope": envelope, "shards": entries, "version": 0, "attribution": ""}
    proven = prove(answer, public_key_pem)
    for entry in proven.entries:
        path = directory / entry["path"]
        if not path.is_file() or file_sha256(path) != entry["sha256"]:
            raise IntegrityError(f"{entry['path']}: missing, or not the bytes that were signed; pull again")
    known = {entry["path"] for entry in proven.entries}
    added = [str(p.relative_to(directory)) for p in sorted((directory / "shards").rglob("*")) if p.is_file()]
    if set(added) - known:
        raise IntegrityError(f"{min(set(added) - known)}: not part of what was signed; remove it")
    return proven
