"""Recipients: consortia, their member bodies, labelling organisations, and ourselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa

from governance.records.errors import ConfigError, NotFoundError
from governance.records.settings import nearest
from governance.store.tables import RECIPIENTS

Status = Literal["active", "suspended", "left"]
# The worse of a body's and its consortium's status counts.
_WORST: tuple[Status, ...] = ("active", "suspended", "left")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Recipient:
    """One legal entity, or a consortium of several.

    Attributes:
        consortium: the consortium it belongs to, if any; what is granted to that holds for it too.
        country: ISO 3166-1 alpha-2.
        commercial: trains models for commercial use.
        internal: the installation's own organisation.
        status: its own; `effective_status` takes the consortium's into account.
    """

    name: str
    title: str
    country: str = "KR"
    consortium: str | None = None
    commercial: bool = True
    internal: bool = False
    status: Status = "active"
    effective_status: Status = "active"


class Recipients:
    """Who may be granted anything."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, recipient: Recipient, *, at: datetime) -> Recipient:
        """Registers a recipient.

        Raises:
            ConfigError: a malformed name or country, an unknown consortium, or the name is taken.
        """
        problems = self._problems(recipient)
        if problems:
            raise ConfigError(problems)
        row = {name: getattr(recipient, name) for name in _FIELDS} | {"registered_at": at}
        with self._engine.begin() as connection:
            connection.execute(RECIPIENTS.insert().values(**row))
        return self.get(recipient.name)

    def _problems(self, recipient: Recipient) -> list[str]:
        names = [known.name for known in self.list()]
        checks = [
            (not _NAME.fullmatch(recipient.name), "a name is small letters, digits and hyphens, 63 at most"),
            (recipient.name in names, "already registered"),
            (not _COUNTRY.fullmatch(recipient.country), "a country is two capital letters (ISO 3166-1)"),
            (
                recipient.consortium is not None and recipient.consortium not in names,
                f"consortium {recipient.consortium!r} is not registered{nearest(recipient.consortium or '', names)}",
            ),
        ]
        return [f"recipient {recipient.name}: {sentence}" for failed, sentence in checks if failed]

    def get(self, name: str) -> Recipient:
        """One recipient.

        Raises:
            NotFoundError: nobody has this name.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_BY_NAME, {"wanted": name}).first()
        if row is None:
            known = [recipient.name for recipient in self.list()]
            raise NotFoundError(f"recipient {name}: not registered{nearest(name, known)}")
        return _recipient(row)

    def list(self) -> list[Recipient]:
        """Everyone, by name."""
        with self._engine.connect() as connection:
            return [_recipient(row) for row in connection.execute(_SELECT.order_by(RECIPIENTS.c.name))]

    def set_status(self, name: str, status: Status) -> Recipient:
        """Suspends a recipient, marks it as having left, or takes it back; a consortium takes its bodies along.

        Raises:
            NotFoundError: nobody has this name.
            ConfigError: no such status.
        """
        if status not in get_args(Status):
            raise ConfigError(f"status {status!r}: active, suspended or left")
        with self._engine.begin() as connection:
            connection.execute(RECIPIENTS.update().where(RECIPIENTS.c.name == name).values(status=status))
        return self.get(name)


_FIELDS = ("name", "title", "country", "consortium", "commercial", "internal", "status")
_PARENTS = RECIPIENTS.alias("parents")
_SELECT = sa.select(RECIPIENTS, _PARENTS.c.status.label("above")).select_from(
    RECIPIENTS.outerjoin(_PARENTS, RECIPIENTS.c.consortium == _PARENTS.c.name)
)
_BY_NAME = _SELECT.where(RECIPIENTS.c.name == sa.bindparam("wanted"))


def _recipient(row: sa.Row) -> Recipient:
    fields = {name: getattr(row, name) for name in _FIELDS}
    worst = max((row.status, row.above or "active"), key=_WORST.index)
    return Recipient(**fields, effective_status=worst)
