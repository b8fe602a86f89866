"""Who is calling: bearer tokens and links proven, addresses that guess locked out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from governance.records.errors import RefusedError
from governance.sharing.links import INVALID as INVALID_LINK
from governance.sharing.links import FileName, open_link
from governance.sharing.settings import SharingSettings
from governance.store.recipients import Recipient
from governance.store.tokens import INVALID as INVALID_TOKEN
from governance.store.tokens import Token

LOCKED, MISSING = "auth-locked", "auth-token-missing"


@dataclass(frozen=True)
class Caller:
    """A recipient that proved itself, from where and when."""

    recipient: Recipient
    token: Token
    address: str | None
    at: datetime


def address_of(request: Request) -> str | None:
    """IP address of the client. Behind a proxy, uvicorn's `forwarded_allow_ips` decides whom to believe."""
    return request.client.host if request.client else None


def identify(settings: SharingSettings, request: Request) -> Caller:
    """The caller by its bearer token.

    Raises:
        RefusedError: locked out, no token, or one that does not hold.
    """
    at = settings.clock()
    require_unlocked(settings, address_of(request), at)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not bearer:
        raise RefusedError("no bearer token; give the profile file that you were given to your client", (MISSING,))
    return _caller(settings, request, settings.store.tokens.check(bearer.strip(), at=at), at)


def identify_by_link(settings: SharingSettings, request: Request, link: str, file: FileName) -> Caller:
    """The caller by the link to a file.

    Raises:
        RefusedError: locked out, or the link or its token does not hold.
    """
    at = settings.clock()
    require_unlocked(settings, address_of(request), at)
    token_id = open_link(settings.link_key, link, file, at)
    return _caller(settings, request, settings.store.tokens.by_id(token_id, at=at), at)


def count_failure(settings: SharingSettings, address: str | None, error: RefusedError) -> None:
    """Counts towards a lock what only a guess presents: an expired or revoked token was once somebody's."""
    if {*error.policies} & {INVALID_TOKEN, INVALID_LINK}:
        settings.store.failures.note(address or "unknown", at=settings.clock())


def _caller(settings: SharingSettings, request: Request, token: Token, at: datetime) -> Caller:
    return Caller(settings.store.recipients.get(token.recipient), token, address_of(request), at)


def require_unlocked(settings: SharingSettings, address: str | None, at: datetime) -> None:
    """Refuses an address that failed too often, whatever it presents now.

    Raises:
        RefusedError: until when.
    """
    until = settings.store.failures.locked_until(address or "unknown", at=at)
    if until is not None:
        raise RefusedError(f"too many failed attempts from this address; try again after {until:%H:%M UTC}", (LOCKED,))
