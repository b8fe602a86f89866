"""Signed statements: in-toto Statements in DSSE envelopes, Ed25519, offline.

Source: DSSE v1.0.2 (pre-authentication encoding, envelope); in-toto Attestation Framework v1; RFC 8032.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, NoReturn, SupportsIndex

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.records.errors import ConfigError, IntegrityError
from governance.records.ids import canonical_json

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


class Signer:
    """An Ed25519 private key that signs and is never shown: no repr, no pickle."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return f"Signer({self.key_id[:12]})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a Signer is not pickled; open the key store where it is needed")

    def sign(self, data: bytes) -> bytes:
        """64-byte signature."""
        return self._key.sign(data)

    @property
    def public_pem(self) -> bytes:
        """Public key, PEM (SubjectPublicKeyInfo)."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key's DER, hexadecimal: what `keyid` says in an envelope."""
        return _key_id(self._key.public_key())


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """What is signed: `DSSEv1 len(type) type len(payload) payload`, lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_statement(statement: dict[str, Any], signer: Signer) -> bytes:
    """DSSE envelope, JSON bytes, of the statement's canonical JSON. Ed25519 is deterministic, so this is too."""
    payload = canonical_json(statement)
    signature = signer.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    return canonical_json(
        {
            "payloadType": PAYLOAD_TYPE,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": signer.key_id, "sig": base64.b64encode(signature).decode()}],
        }
    )


def open_envelope(data: bytes, public_key_pem: bytes, where: str) -> dict[str, Any]:
    """The statement inside an envelope that the given key signed; nothing of the payload is read before that.

    Raises:
        IntegrityError: names what is wrong: not an envelope, another payload type, signed by another key, altered.
        ConfigError: the public key is not an Ed25519 key in PEM.
    """
    key = _public_key(public_key_pem)
    kind, payload, signatures = _parts(data, where)
    if kind != PAYLOAD_TYPE:
        raise IntegrityError(f"{where}: payload type {kind[:80]!r}, expected {PAYLOAD_TYPE}")
    _require_signed(key, pre_authentication_encoding(kind, payload), signatures, where)
    return _statement(payload, where)


def _require_signed(key: Ed25519PublicKey, message: bytes, signatures: list[tuple[str, bytes]], where: str) -> None:
    trusted = _key_id(key)
    # The key id is a hint that DSSE lets one ignore; ours always fits, so one that does not was altered.
    if any(_fits(key, signature, message) and key_id in (trusted, "") for key_id, signature in signatures):
        return
    claimed = {key_id for key_id, _ in signatures}
    if trusted in claimed:
        raise IntegrityError(f"{where}: altered after it was signed: the signature of the trusted key does not fit")
    named = ", ".join(sorted(key_id[:12] or "unnamed" for key_id in claimed)) or "nobody"
    raise IntegrityError(f"{where}: not signed by the trusted key {trusted[:12]}, but by {named}")


def _fits(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _parts(data: bytes, where: str) -> tuple[str, bytes, list[tuple[str, bytes]]]:
    try:
        envelope = json.loads(data)
        _require_fields(envelope, {"payloadType", "payload", "signatures"})
        for entry in envelope["signatures"]:
            _require_fields(entry, {"keyid", "sig"})
        signatures = [(str(entry.get("keyid", "")), _decode(entry["sig"])) for entry in envelope["signatures"]]
        return str(envelope["payloadType"]), _decode(envelope["payload"]), signatures
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"{where}: not a DSSE envelope ({type(error).__name__})") from None


def _require_fields(found: dict[str, Any], known: set[str]) -> None:
    # An altered field name would otherwise pass as one that is not there.
    if not found.keys() <= known:
        raise ValueError("unknown field")


def _decode(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    # Unused bits at the end could be flipped without changing what is decoded.
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 with stray bits")
    return data


def _statement(payload: bytes, where: str) -> dict[str, Any]:
    statement = json.loads(payload)
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        raise IntegrityError(f"{where}: signed, but not an in-toto Statement v1")
    return statement


def _public_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError("the trusted public key is not PEM; give the file that `malmoi keys public` writes") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError("the trusted public key is not Ed25519; give the file that `malmoi keys public` writes")
    return key


def _key_id(key: Ed25519PublicKey) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()
