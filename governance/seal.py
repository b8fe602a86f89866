"""The seal of a release: a second signature, over what exists only once it is committed (the Delta log, the lineage).

Times stand in those files, so they are no subjects of the manifest, which is the same for the same plan. Verification
reads the log for its meaning with or without a seal; with one, any changed byte of it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from governance.delta_log import LOG
from governance.manifest import MANIFEST
from governance.records.errors import IntegrityError
from governance.records.storage import Location, write_bytes
from governance.shards import file_sha256
from governance.signing import STATEMENT_TYPE, Signer, open_envelope, sign_statement

SEAL = "seal.dsse.json"
SEAL_PREDICATE = "https://malmoi.org/attestation/release-seal/v1"


def seal_release(root: Location, release_id: str, signer: Signer, files: Sequence[str] = ()) -> Location:
    """Signs the log as it stands and the files given (relative to the table); returns the seal's path.

    Call it after the commit, and after `clean_log` where an erasure made the release. Repeating it is harmless.

    Raises:
        IntegrityError: the release has no manifest that this signer signed.
    """
    directory = root / "releases" / release_id
    statement = open_envelope((directory / MANIFEST).read_bytes(), signer.public_pem, f"{release_id}/{MANIFEST}")
    names = sorted({*files, *(f"{LOG}/{name}" for name in _log_files(root))})
    sealed = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": file_sha256(root / name)}} for name in names],
        "predicateType": SEAL_PREDICATE,
        "predicate": {"corpus": statement["predicate"]["corpus"], "releaseId": release_id},
    }
    write_bytes(directory / SEAL, sign_statement(sealed, signer))
    return directory / SEAL


def _log_files(root: Location) -> Iterator[str]:
    return (path.name for path in (root / LOG).iterdir() if path.suffix != ".tmp" and "#" not in path.name)


def open_seal(root: Location, statement: Mapping[str, Any], public_key_pem: bytes) -> dict[str, str] | None:
    """Digest by name of what the release's seal signs, or None when the release has no seal.

    Args:
        statement: the release's verified manifest.

    Raises:
        IntegrityError: the seal was signed by another key, was altered, or is that of another release.
    """
    said = statement["predicate"]
    where = f"releases/{said['releaseId']}/{SEAL}"
    if not (root / where).is_file():
        return None
    sealed = open_envelope((root / where).read_bytes(), public_key_pem, where)
    expected = {"corpus": said["corpus"], "releaseId": said["releaseId"]}
    if sealed["predicateType"] != SEAL_PREDICATE or sealed["predicate"] != expected:
        raise IntegrityError(f"{where}: signed, but not the seal of this release")
    return {subject["name"]: subject["digest"]["sha256"] for subject in sealed["subject"]}
