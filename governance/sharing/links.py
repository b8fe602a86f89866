"""Links: a path token that lets a client fetch one file without the bearer token, which it does not send there.

`<token id>.<end, seconds since 1970, base 36>.<HMAC>`. It holds for one token and one file, and opens nothing by
itself: the token, the grant and the shard are judged again at every GET.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime

from governance.records.errors import RefusedError
from governance.records.ids import canonical_json

INVALID, EXPIRED = "auth-link-invalid", "auth-link-expired"
_MAC_BYTES = 16
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class FileName:
    """What a link is bound to beside the token: purpose, corpus, version and file."""

    purpose: str
    corpus: str
    version: int
    file_id: str


def sign_link(key: bytes, token_id: str, file: FileName, until: datetime) -> str:
    """The path token of a file."""
    end = _base36(int(until.timestamp()))
    return f"{token_id}.{end}.{_mac(key, token_id, end, file)}"


def open_link(key: bytes, link: str, file: FileName, at: datetime) -> str:
    """Id of the token that the link was signed for.

    Raises:
        RefusedError: it was not signed for this file, or has ended.
    """
    token_id, _, rest = link.partition(".")
    end, _, mac = rest.partition(".")
    if not hmac.compare_digest(_mac(key, token_id, end, file).encode(), mac.encode()):
        raise RefusedError("the link was not made for this file; query the table again", (INVALID,))
    if int(end, 36) <= at.timestamp():
        raise RefusedError("the link has ended; query the table again", (EXPIRED,))
    return token_id


def _mac(key: bytes, token_id: str, end: str, file: FileName) -> str:
    message = canonical_json([token_id, end, file.purpose, file.corpus, file.version, file.file_id])
    digest = hmac.digest(key, message, "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
