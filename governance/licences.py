"""The licence table: what each licence, purpose, legal basis and duty means. Data in configs/tables/licences.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import Field

from governance.records.settings import Frozen, parse

Answer = bool | Literal["ask"]
RIGHTS = ("training", "commercial", "derivatives", "share_alike", "resale")


class Licence(Frozen):
    """One row of the table. `ask`: the licence leaves it open, so the source's terms must say."""

    slug: str = Field(alias="class", pattern=r"^[a-z0-9][a-z0-9.-]*$")
    name_ko: str
    attribution: Answer
    commercial: Answer
    derivatives: Answer
    share_alike: Answer
    resale: Answer
    training: Answer
    residency: Literal["KR", "any"]
    approval: bool
    kogl_ai: bool = False  # the AI mark can be put on this licence
    purposes: tuple[str, ...] | None = None
    duties: tuple[str, ...] = ()
    source: str


class Purpose(Frozen):
    """What a text may be used for. `training`: needs the right to train a model."""

    training: bool
    ko: str


class LegalBasis(Frozen):
    """Why a text may be held. `since` is the first day on which the basis exists."""

    ko: str
    source: str
    since: date | None = Field(default=None, alias="from")
    approval: bool = False
    agreement: bool = False
    start_months: int | None = None


class DutyText(Frozen):
    """A duty in words."""

    en: str
    ko: str


class LicenceTable(Frozen):
    """The whole table."""

    version: str
    licences: Mapping[str, Licence]
    purposes: Mapping[str, Purpose]
    legal_bases: Mapping[str, LegalBasis]
    duties: Mapping[str, DutyText]

    def training_purposes(self) -> frozenset[str]:
        """Purposes that need the right to train."""
        return frozenset(name for name, purpose in self.purposes.items() if purpose.training)


@cache
def licence_table() -> LicenceTable:
    """The table that Malmoi ships, read once.

    Raises:
        ConfigError: every problem of the file.
    """
    resource = files("configs") / "tables" / "licences.yaml"
    data: dict[str, Any] = yaml.safe_load(resource.read_text(encoding="utf-8"))
    return parse(LicenceTable, data, "configs/tables/licences.yaml")
