"""Tokens: what a recipient proves itself with. The store keeps a salted digest, never the token.

A token is `mlm_<id>_<secret>`: 16 characters that name it in logs, and 256 random bits. With that much entropy a
salted HMAC is as hard to reverse as a slow hash, and costs nothing at each of a download's Range requests.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from governance.records.errors import ConfigError, NotFoundError, RefusedError
from governance.records.ids import base32
from governance.store.tables import TOKENS

PREFIX = "mlm"
INVALID, EXPIRED, REVOKED = "auth-token-invalid", "auth-token-expired", "auth-token-revoked"
_ID_BYTES, _SECRET_BYTES, _SALT_BYTES = 10, 32, 16
# A write at every Range request would cost more than the read it notes.
_LAST_USED_EVERY = timedelta(minutes=1)
# Built once: this is read at every Range request, and building a statement costs as much as running it.
_BY_ID = sa.select(TOKENS).where(TOKENS.c.id == sa.bindparam("token_id"))


@dataclass(frozen=True)
class Token:
    """What is known of a token; the secret is not."""

    id: str
    recipient: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True)
class NewToken:
    """A token just made. `bearer` is shown once, to be handed over; it is in no repr."""

    token: Token
    bearer: str

    def __repr__(self) -> str:
        return f"NewToken({self.token!r})"


class Tokens:
    """Issues, checks and revokes tokens. `entropy` gives random bytes."""

    def __init__(self, engine: sa.Engine, entropy: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._engine, self._entropy = engine, entropy

    def issue(self, recipient: str, *, at: datetime, expires_at: datetime) -> NewToken:
        """A new token of a recipient.

        Raises:
            ConfigError: it would expire before it is made.
        """
        if expires_at <= at:
            raise ConfigError(f"token of {recipient}: expires {expires_at:%Y-%m-%d %H:%M %Z}, which has passed")
        salt, secret = self._entropy(_SALT_BYTES), base32(self._entropy(_SECRET_BYTES))
        token = Token(base32(self._entropy(_ID_BYTES)), recipient, at, expires_at)
        row = {"id": token.id, "recipient": recipient, "created_at": at, "expires_at": expires_at}
        with self._engine.begin() as connection:
            connection.execute(TOKENS.insert().values(**row, salt=salt, digest=_digest(salt, secret)))
        return NewToken(token, f"{PREFIX}_{token.id}_{secret}")

    def check(self, bearer: str, *, at: datetime) -> Token:
        """The token that `bearer` proves.

        Raises:
            RefusedError: with `auth-token-invalid`, `auth-token-revoked` or `auth-token-expired`.
        """
        prefix, _, rest = bearer.partition("_")
        token_id, _, secret = rest.partition("_")
        row = self._row(token_id) if prefix == PREFIX and secret else None
        # Without a row the digest is still computed, so that a guess takes the same time as a hit.
        salt, digest = (row.salt, row.digest) if row is not None else (b"", b"")
        proven = hmac.compare_digest(_digest(salt, secret), digest)
        if row is None or not proven:
            raise RefusedError("the token is not one of ours; use the profile that you were given", (INVALID,))
        return self._usable(_token(row), at)

    def by_id(self, token_id: str, *, at: datetime) -> Token:
        """The token of this id, for a link that was signed for it.

        Raises:
            RefusedError: unknown, revoked or expired.
        """
        row = self._row(token_id)
        if row is None:
            raise RefusedError("the link was made for a token that is no more", (INVALID,))
        return self._usable(_token(row), at)

    def _usable(self, token: Token, at: datetime) -> Token:
        if token.revoked_at is not None:
            raise RefusedError(f"token {token.id} was revoked on {token.revoked_at:%Y-%m-%d}", (REVOKED,))
        if token.expires_at <= at:
            raise RefusedError(
                f"token {token.id} expired on {token.expires_at:%Y-%m-%d}; ask for a new profile", (EXPIRED,)
            )
        if token.last_used_at is None or at - token.last_used_at >= _LAST_USED_EVERY:
            self._update(token.id, last_used_at=at)
        return token

    def revoke(self, token_id: str, *, at: datetime) -> Token:
        """Ends a token; the first revocation's time stays.

        Raises:
            NotFoundError: no such token.
        """
        row = self._row(token_id)
        if row is None:
            raise NotFoundError(f"token {token_id}: no such token; `malmoi share recipients` lists them")
        if row.revoked_at is None:
            self._update(token_id, revoked_at=at)
        return _token(self._row(token_id))

    def of(self, recipient: str | None = None) -> list[Token]:
        """Tokens of a recipient, or all, oldest first."""
        query = sa.select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.id)
        if recipient is not None:
            query = query.where(TOKENS.c.recipient == recipient)
        with self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(query)]

    def _row(self, token_id: str) -> sa.Row | None:
        with self._engine.connect() as connection:
            return connection.execute(_BY_ID, {"token_id": token_id}).first()

    def _update(self, token_id: str, **values: datetime) -> None:
        with self._engine.begin() as connection:
            connection.execute(TOKENS.update().where(TOKENS.c.id == token_id).values(**values))


def _digest(salt: bytes, secret: str) -> bytes:
    return hmac.digest(salt, secret.encode(), "sha256")


def _token(row: sa.Row | None) -> Token:
    if row is None:
        raise NotFoundError("token: gone between two reads")
    return Token(row.id, row.recipient, row.created_at, row.expires_at, row.revoked_at, row.last_used_at)
