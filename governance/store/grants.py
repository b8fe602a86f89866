"""Grants: what a recipient may have of a corpus, for which purpose, from when until when, under which approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from governance.records.errors import ConfigError, NotFoundError
from governance.store.tables import GRANTS


@dataclass(frozen=True)
class Grant:
    """One grant. Empty `sources` and `licences` mean every one; both days are Korean and included.

    Attributes:
        recipient: a legal entity, or a consortium whose bodies all get it.
        licences: licence classes (`kogl-1`, `cc-by-sa-4.0`).
        approval_no: number of the approval or contract it rests on.
        number: given by the store; 0 before.
    """

    recipient: str
    corpus: str
    purpose: str
    valid_from: date
    valid_until: date
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    approval_no: str | None = None
    number: int = 0
    granted_by: str = ""
    revoked_at: datetime | None = None
    revoked_because: str | None = None

    @property
    def id(self) -> str:
        """`G-12`."""
        return f"G-{self.number}"

    def covers(self, source: str, licence_class: str) -> bool:
        """Whether a shard of this source and licence class falls under it; dates and revocation aside."""
        return (not self.sources or source in self.sources) and (not self.licences or licence_class in self.licences)


class Grants:
    """Gives and takes grants; none is ever deleted."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, grant: Grant, *, at: datetime, by: str) -> Grant:
        """Records a grant and gives it its number.

        Raises:
            ConfigError: it would end before it begins, or an approval number is blank.
        """
        if grant.valid_until < grant.valid_from:
            raise ConfigError(f"grant to {grant.recipient}: ends {grant.valid_until}, before {grant.valid_from}")
        if grant.approval_no is not None and not grant.approval_no.strip():
            raise ConfigError(f"grant to {grant.recipient}: the approval number is blank; leave it out or give it")
        row = {name: getattr(grant, name) for name in ("recipient", "corpus", "purpose", "valid_from", "valid_until")}
        row |= {"sources": sorted(grant.sources), "licences": sorted(grant.licences), "approval_no": grant.approval_no}
        with self._engine.begin() as connection:
            insert = GRANTS.insert().values(**row, granted_at=at, granted_by=by).returning(GRANTS.c.number)
            number = connection.execute(insert).scalar_one()
        return self.get(number)

    def revoke(self, number: int, *, at: datetime, by: str, because: str) -> Grant:
        """Ends a grant at once, also for downloads under way; the first revocation stays as it was.

        Raises:
            NotFoundError: no such grant.
        """
        change = {"revoked_at": at, "revoked_by": by, "revoked_because": because}
        with self._engine.begin() as connection:
            connection.execute(
                GRANTS.update().where(GRANTS.c.number == number, GRANTS.c.revoked_at.is_(None)).values(**change)
            )
        return self.get(number)

    def get(self, number: int) -> Grant:
        """One grant.

        Raises:
            NotFoundError: no such grant.
        """
        found = self._read(_BY_NUMBER, number=number)
        if not found:
            raise NotFoundError(f"grant G-{number}: no such grant; `malmoi share recipients` lists them")
        return found[0]

    def of(self, recipients: tuple[str, ...], corpus: str | None = None) -> list[Grant]:
        """Grants of any of these recipients, revoked ones included, by number."""
        if corpus is None:
            return self._read(_OF_RECIPIENTS, recipients=recipients)
        return self._read(_OF_CORPUS, recipients=recipients, corpus=corpus)

    def _read(self, query: sa.Select, **parameters: Any) -> list[Grant]:
        with self._engine.connect() as connection:
            return [_grant(row) for row in connection.execute(query, parameters)]


# Built once: these are read at every Range request, and building a statement costs as much as running it.
_ALL = sa.select(GRANTS).order_by(GRANTS.c.number)
_BY_NUMBER = _ALL.where(GRANTS.c.number == sa.bindparam("number"))
_OF_RECIPIENTS = _ALL.where(GRANTS.c.recipient.in_(sa.bindparam("recipients", expanding=True)))
_OF_CORPUS = _OF_RECIPIENTS.where(GRANTS.c.corpus == sa.bindparam("corpus"))
_FIELDS = ("recipient", "corpus", "purpose", "valid_from", "valid_until", "approval_no", "number", "granted_by")


def _grant(row: sa.Row) -> Grant:
    fields = {name: getattr(row, name) for name in (*_FIELDS, "revoked_at", "revoked_because")}
    return Grant(**fields, sources=tuple(row.sources), licences=tuple(row.licences))
