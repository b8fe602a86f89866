"""Tables of the sharing store, in SQL that SQLite and PostgreSQL both run.

Instants are ISO 8601 text in UTC, of fixed width, so that they sort and read the same in both.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text; a naive one is refused."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:  # noqa: ARG002
        """To `2026-11-24T00:00:00.000000+00:00`."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored; give an aware datetime")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        """Back to an aware datetime in UTC."""
        return None if value is None else datetime.fromisoformat(value)


NAME = sa.String(255)

RECIPIENTS = sa.Table(
    "recipients",
    METADATA,
    sa.Column("name", NAME, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("consortium", sa.ForeignKey("recipients.name"), index=True),
    sa.Column("country", sa.String(2), nullable=False),
    sa.Column("commercial", sa.Boolean, nullable=False),
    sa.Column("internal", sa.Boolean, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("registered_at", Instant, nullable=False),
)

TOKENS = sa.Table(
    "tokens",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("recipient", sa.ForeignKey("recipients.name"), nullable=False, index=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("last_used_at", Instant),
)

GRANTS = sa.Table(
    "grants",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("recipient", sa.ForeignKey("recipients.name"), nullable=False),
    sa.Column("corpus", NAME, nullable=False),
    sa.Column("purpose", sa.String(32), nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),  # [] is every source
    sa.Column("licences", sa.JSON, nullable=False),  # [] is every licence class
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("approval_no", sa.Text),
    sa.Column("granted_at", Instant, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("revoked_by", sa.Text),
    sa.Column("revoked_because", sa.Text),
    sa.Index("grants_by_recipient", "recipient", "corpus"),
)

# What publish recorded of a source in a corpus: without a row, nothing of it is shared.
SOURCES = sa.Table(
    "sources",
    METADATA,
    sa.Column("corpus", NAME, primary_key=True),
    sa.Column("source", NAME, primary_key=True),
    sa.Column("terms", sa.JSON, nullable=False),
    sa.Column("pii_level", sa.String(16), nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
)

# Exceptions from `active`: of one shard, or of a whole source (path "").
STATES = sa.Table(
    "states",
    METADATA,
    sa.Column("corpus", NAME, primary_key=True),
    sa.Column("source", NAME, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("set_by", sa.Text, nullable=False),
)

FAILURES = sa.Table(
    "failures",
    METADATA,
    sa.Column("subject", NAME, primary_key=True),  # the address that presented a wrong token
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("locked_until", Instant),
)
