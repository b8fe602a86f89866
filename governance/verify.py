"""Verifies a release with a key from outside it: signature, every file, the Delta version, the proofs and the books.

Nothing in the release is believed before the signature holds. Every failure is named; a change that a signed
erratum explains is reported as such ("altered by erasure E-1", "altered by discovery D-1") and is no failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from governance.delta_log import LOG, replay
from governance.errata import Errata
from governance.findings import Problem, Report
from governance.manifest import MANIFEST, RELEASE_PREDICATE, ROOT, ROOT_PREDICATE, leaf, proof_of, root_statement
from governance.merkle import is_included
from governance.records.errors import IntegrityError, NotFoundError
from governance.records.storage import Location
from governance.release_checks import RELEASES, Signed, Verification
from governance.seal import open_seal
from governance.signing import open_envelope

__all__ = ["LATEST", "Problem", "Report", "newest_release", "verify_release", "verify_shard"]

LATEST = "latest"


def verify_release(root: Location, release_id: str, public_key_pem: bytes) -> Report:
    """Verifies one release of the corpus at `root`, or the newest one ("latest").

    Who can write to `root` can also put the whole of an older, genuine state there: to rule that out, ask for the
    release by the id you expect.

    Raises:
        NotFoundError: no such release.
        ConfigError: the key is no Ed25519 public key.
    """
    try:
        name = newest_release(root) if release_id == LATEST else release_id
    except IntegrityError as error:
        return Report(release_id, problems=(Problem("delta", LOG, str(error)),))
    where = f"{RELEASES}/{name}/{MANIFEST}"
    if not (root / where).is_file():
        raise NotFoundError(f"{root}: no release {name!r}; see `malmoi runs`")
    try:
        statement = open_envelope((root / where).read_bytes(), public_key_pem, where)
        signed = Signed(statement, Errata.load(root, public_key_pem), open_seal(root, statement, public_key_pem))
        _require_root(root, statement, public_key_pem)
    except IntegrityError as error:
        return Report(name, problems=(Problem("signature", where, str(error)),))
    return Verification(root, name, signed).run(is_head=release_id == LATEST)


def _require_root(root: Location, statement: Mapping[str, Any], public_key_pem: bytes) -> None:
    """The signed root, where there is one, must be that of the manifest.

    Raises:
        IntegrityError: it is another one, or was not signed by the key.
    """
    where = f"{RELEASES}/{statement['predicate'].get('releaseId')}/{ROOT}"
    if statement["predicateType"] != RELEASE_PREDICATE or not (root / where).is_file():
        return
    if open_envelope((root / where).read_bytes(), public_key_pem, where) != root_statement(statement):
        raise IntegrityError(f"{where}: signed, but not the root of this manifest")


def newest_release(root: Location) -> str:
    """Id of the release that was committed last, according to the table.

    Raises:
        NotFoundError: none.
        IntegrityError: the log was altered.
    """
    committed = replay(root).transactions
    found = [(v, name) for name, v in committed.items() if (root / RELEASES / name / MANIFEST).is_file()]
    if not found:
        raise NotFoundError(f"{root}: no release yet")
    return max(found)[1]


def verify_shard(envelope: bytes, data: bytes, entry: Mapping[str, Any], public_key_pem: bytes) -> None:
    """Verifies one shard for a recipient who has no other: bytes, entry, proof, signed root.

    Args:
        envelope: the signed manifest or the signed root.
        data: the shard's bytes.
        entry: the shard's entry in the manifest, with its proof.

    Raises:
        IntegrityError: names what does not fit.
    """
    statement = open_envelope(envelope, public_key_pem, "manifest")
    if statement["predicateType"] not in (RELEASE_PREDICATE, ROOT_PREDICATE):
        raise IntegrityError(f"manifest: says {statement['predicateType']}, which names no shards")
    path = str(entry.get("path", "?"))
    if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
        raise IntegrityError(f"{path}: the bytes are not those that were signed; fetch it again")
    merkle = statement["predicate"]["merkle"]
    proof = proof_of(entry.get("proof") or {}, path)
    if proof.size != merkle["size"] or not is_included(leaf(entry), proof, bytes.fromhex(merkle["root"])):
        raise IntegrityError(f"{path}: its proof does not lead to the signed root of this release")
