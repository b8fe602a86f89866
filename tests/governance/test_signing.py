import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from governance.records.errors import ConfigError, IntegrityError
from governance.signing import (
    PAYLOAD_TYPE,
    STATEMENT_TYPE,
    Signer,
    open_envelope,
    pre_authentication_encoding,
    sign_statement,
)

STATEMENT = {
    "_type": STATEMENT_TYPE,
    "subject": [{"name": "shards/가.parquet", "digest": {"sha256": "00" * 32}}],
    "predicateType": "https://malmoi.org/attestation/release/v1",
    "predicate": {"corpus": "talk"},
}
SIGNER, OTHER = Signer(b"\x01" * 32), Signer(b"\x02" * 32)


def test_the_encoding_is_that_of_the_standard() -> None:
    # Source: DSSE protocol.md, "DSSEv1 29 http://example.com/HelloWorld 11 hello world".
    encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_what_was_signed_comes_back() -> None:
    data = sign_statement(STATEMENT, SIGNER)
    assert open_envelope(data, SIGNER.public_pem, "m") == STATEMENT
    assert sign_statement(STATEMENT, SIGNER) == data


def test_the_seed_gives_the_key_of_rfc_8032() -> None:
    # Source: RFC 8032, section 7.1, test 2.
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    assert Signer(seed).sign(b"\x72").hex().startswith(signature)


def test_openssl_verifies_what_we_sign(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    envelope = json.loads(sign_statement(STATEMENT, SIGNER))
    message = pre_authentication_encoding(PAYLOAD_TYPE, base64.b64decode(envelope["payload"]))
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "signature").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (tmp_path / "key.pem").write_bytes(SIGNER.public_pem)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "message",
        "-sigfile",
        "signature",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0


def test_the_statement_is_one_for_the_in_toto_library() -> None:
    subject = ResourceDescriptor(name="shards/가.parquet", digest={"sha256": "00" * 32}).pb
    theirs = Statement([subject], STATEMENT["predicateType"], STATEMENT["predicate"])
    theirs.validate()
    assert json.loads(json.dumps(STATEMENT)) == {
        "_type": theirs.pb.type,
        "subject": [{"name": s.name, "digest": dict(s.digest)} for s in theirs.pb.subject],
        "predicateType": theirs.pb.predicate_type,
        "predicate": dict(theirs.pb.predicate),
    }


def _changed(**changes: object) -> bytes:
    return json.dumps(json.loads(sign_statement(STATEMENT, SIGNER)) | changes).encode()


def _resigned(payload: bytes, kind: str = PAYLOAD_TYPE) -> bytes:
    signature = base64.b64encode(SIGNER.sign(pre_authentication_encoding(kind, payload))).decode()
    body = {"payloadType": kind, "payload": base64.b64encode(payload).decode()}
    return json.dumps(body | {"signatures": [{"keyid": SIGNER.key_id, "sig": signature}]}).encode()


# What is wrong: the envelope, and what the error says.
WRONG = {
    "empty": (b"", "not a DSSE envelope"),
    "no JSON": (b"\x00\x01", "not a DSSE envelope"),
    "another JSON": (b"[1]", "not a DSSE envelope"),
    "nested without end": (b"[" * 100_000, "not a DSSE envelope"),
    "no signature": (_changed(signatures=[]), "not signed by the trusted key .* but by nobody"),
    "signatures of another shape": (_changed(signatures=["x"]), "not a DSSE envelope"),
    "base64 with a hole": (_changed(payload="a!b"), "not a DSSE envelope"),
    "another payload": (_changed(payload=base64.b64encode(b'{"_type":"x"}').decode()), "altered after it was signed"),
    "another key": (sign_statement(STATEMENT, OTHER), "not signed by the trusted key"),
    "another payload type": (_resigned(b"{}", "text/plain"), "payload type 'text/plain'"),
    "payload type changed after": (_changed(payloadType="text/plain"), "payload type 'text/plain'"),
    "no statement": (_resigned(b'{"_type":"https://in-toto.io/Statement/v0.1"}'), "not an in-toto Statement"),
    "a list": (_resigned(b"[]"), "not an in-toto Statement"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_envelope_that_is_wrong_is_refused_by_name(name: str) -> None:
    data, says = WRONG[name]
    with pytest.raises(IntegrityError, match=says) as caught:
        open_envelope(data, SIGNER.public_pem, "releases/r/manifest.dsse.json")
    assert str(caught.value).startswith("releases/r/manifest.dsse.json: ")


def test_every_flipped_byte_is_found() -> None:
    data = sign_statement(STATEMENT, SIGNER)
    for at in range(len(data)):
        altered = bytearray(data)
        altered[at] ^= 1
        with pytest.raises(IntegrityError):
            open_envelope(bytes(altered), SIGNER.public_pem, "m")


def test_a_second_signature_and_an_unnamed_one_do_no_harm() -> None:
    envelope = json.loads(sign_statement(STATEMENT, SIGNER))
    other = json.loads(sign_statement(STATEMENT, OTHER))["signatures"][0]
    unnamed = {"sig": envelope["signatures"][0]["sig"]}
    for signatures in ([other, *envelope["signatures"]], [unnamed]):
        data = json.dumps(envelope | {"signatures": signatures}).encode()
        assert open_envelope(data, SIGNER.public_pem, "m") == STATEMENT


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_trusted_key_that_is_none_is_the_callers_mistake(pem: bytes) -> None:
    with pytest.raises(ConfigError, match="public key"):
        open_envelope(sign_statement(STATEMENT, SIGNER), pem, "m")


def test_a_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ConfigError, match="not Ed25519"):
        open_envelope(sign_statement(STATEMENT, SIGNER), pem, "m")
