"""Names of documents, files and plans: keyed where they could give a text away, plain where they cannot."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

from blake3 import blake3

KEY_BYTES = 32
DOC_ID_CHARS = 26


def base32(digest: bytes) -> str:
    """Lower-case RFC 4648 base32 without padding; 16 bytes give 26 characters."""
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def keyed_digest(key: bytes, *parts: bytes, length: int = 16) -> bytes:
    """BLAKE3 keyed digest of the parts, each prefixed with its length so that boundaries cannot shift.

    Args:
        key: 32 bytes.
        length: bytes of the result.
    """
    hasher = blake3(key=key)
    for part in parts:
        hasher.update(len(part).to_bytes(8, "little"))
        hasher.update(part)
    return hasher.digest(length=length)


def doc_ids(key: bytes, source: str, native_ids: Sequence[str], raw_digests: Sequence[bytes]) -> list[str]:
    """Document ids: BLAKE3-128 keyed with the installation's key over source, native id and raw digest.

    Keyed, because an unkeyed hash of the raw text would let a recipient guess what was masked.

    Returns:
        One 26-character base32 string per document, in order.
    """
    name = source.encode()
    return [
        base32(keyed_digest(key, name, native_id.encode("utf-8", "surrogatepass"), digest))
        for native_id, digest in zip(native_ids, raw_digests, strict=True)
    ]


def native_keys(key: bytes, source: str, native_ids: Iterable[str]) -> list[bytes]:
    """16-byte keyed digests of (source, native id): the same document in a later snapshot has the same one."""
    name = source.encode()
    return [keyed_digest(key, name, n.encode("utf-8", "surrogatepass")) for n in native_ids]


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: the same value gives the same bytes. NaN is refused."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def content_name(value: Any) -> str:
    """Unkeyed 26-character name of a JSON value (a plan, a task, a list of inputs); never of a text."""
    return base32(blake3(canonical_json(value)).digest(length=16))
