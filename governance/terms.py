"""Terms: under which licence, for what, until when and where a source's text may be used.

A source declares the licence and its evidence; the licence table fills in the rights. Terms may always be narrower
than the licence; wider ones need an `agreement` that says so. What neither states is refused, never assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from governance.licences import RIGHTS, Licence, LicenceTable, licence_table
from governance.records.errors import ConfigError
from governance.records.ids import content_name
from governance.records.settings import Frozen, nearest, parse

Residency = Literal["KR", "any"]


class PipaApproval(Frozen):
    """An approval of the Personal Information Protection Commission (PIPA art. 28-12)."""

    number: str = Field(min_length=1)
    approved_at: date
    environment: str = Field(min_length=1)


class DeclaredTerms(Frozen):
    """The `terms:` section of a source, as written. Rights left out come from the licence table."""

    licence: str = Field(min_length=1)
    holder: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    evidence: tuple[str, ...] = Field(min_length=1)
    purposes: tuple[str, ...] | None = None
    training: bool | None = None
    commercial: bool | None = None
    derivatives: bool | None = None
    share_alike: bool | None = None
    resale: bool | None = None
    attribution: str | None = None
    residency: Residency | None = None
    valid_from: date | None = None
    expires: date | None = None
    approval_required: bool | None = None
    kogl_ai: bool = False
    agreement: str | None = None
    pipa_approval: PipaApproval | None = None

    @field_validator("evidence", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any, _info: ValidationInfo) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("evidence")
    @classmethod
    def _not_blank(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(entry.strip() for entry in value):
            raise ValueError("an entry is blank; give the page, contract or statute the terms rest on")
        return value


class Terms(Frozen):
    """What holds for every text of a source; nothing is open.

    Attributes:
        licence: SPDX id, or LicenseRef-… from the licence table.
        purposes: what the text may be used for, sorted.
        attribution: the line to print, or None where nobody has to be named.
        valid_from: first day, Korean time; None is since ever.
        expires: last day, Korean time, that day included; None is without end.
        approval_required: each legal entity needs an approval of its own.
        kogl_ai: the work carries the KOGL AI mark, so the trained model may be commercial.
    """

    licence: str
    holder: str
    legal_basis: str
    evidence: tuple[str, ...]
    purposes: tuple[str, ...]
    training: bool
    commercial: bool
    derivatives: bool
    share_alike: bool
    resale: bool
    attribution: str | None
    residency: Residency
    valid_from: date | None = None
    expires: date | None = None
    approval_required: bool
    kogl_ai: bool = False
    agreement: str | None = None
    pipa_approval: PipaApproval | None = None

    def record(self) -> dict[str, Any]:
        """JSON-ready value; `Terms.model_validate` reads it back."""
        return self.model_dump(mode="json")


def parse_terms(source: str, data: Mapping[str, Any]) -> Terms:
    """Reads a source's `terms:`.

    Raises:
        ConfigError: every problem at once: unknown keys, a licence that is not in the table, missing evidence, rights
            that the licence leaves open, rights wider than the licence without an agreement.
    """
    where = f"source {source}: terms"
    if not data:
        raise ConfigError(f"{where}: missing; state licence, holder, legal_basis and evidence")
    table = licence_table()
    problems = _unknown_names(data, table, where)
    try:
        declared = parse(DeclaredTerms, data, where)
    except ConfigError as error:
        raise ConfigError([*error.problems, *problems]) from None
    if problems:
        raise ConfigError(problems)
    licence = table.licences[declared.licence]
    problems = _contradictions(declared, licence, table, where)
    if problems:
        raise ConfigError(problems)
    return _resolve(declared, licence, table)


def _unknown_names(data: Mapping[str, Any], table: LicenceTable, where: str) -> list[str]:
    """Licence, legal basis and purposes that no table has."""
    asked = [
        ("licence", data.get("licence"), table.licences),
        ("legal_basis", data.get("legal_basis"), table.legal_bases),
    ]
    purposes = data.get("purposes")
    asked += [("purposes", name, table.purposes) for name in (purposes if isinstance(purposes, list | tuple) else ())]
    return [
        f"{where}: {key!r}: {name!r} is not in configs/tables/licences.yaml{nearest(name, known)}"
        for key, name, known in asked
        if isinstance(name, str) and name and name not in known
    ]


def _contradictions(declared: DeclaredTerms, licence: Licence, table: LicenceTable, where: str) -> list[str]:
    basis = table.legal_bases[declared.legal_basis]
    wider = [] if declared.agreement else _wider(declared, licence)
    checks = [
        (declared.kogl_ai and not licence.kogl_ai, "'kogl_ai': the AI mark exists on KOGL types 1 to 4 only"),
        (
            bool(declared.valid_from and declared.expires and declared.valid_from > declared.expires),
            f"'expires': {declared.expires} is before 'valid_from' {declared.valid_from}",
        ),
        (basis.approval and declared.pipa_approval is None, f"'pipa_approval': {declared.legal_basis} needs one"),
        (basis.agreement and not declared.agreement, f"'agreement': legal basis {declared.legal_basis!r} needs one"),
        (
            licence.attribution == "ask" and declared.attribution is None,
            "'attribution': missing; '' when nobody is named",
        ),
    ]
    open_rights = [r for r in RIGHTS if getattr(licence, r) == "ask" and getattr(declared, r) is None]
    return [
        *(f"{where}: {sentence}" for failed, sentence in checks if failed),
        *(f"{where}: {right!r}: {declared.licence} leaves it open; say true or false" for right in open_rights),
        *(f"{where}: {key!r}: wider than {declared.licence} allows; name the contract in 'agreement'" for key in wider),
    ]


def _wider(declared: DeclaredTerms, licence: Licence) -> list[str]:
    """Keys on which the terms allow more than the licence does."""
    # An open right is widened too, unless it is said to be closed: the licence alone does not give it.
    gains = [r for r in RIGHTS if getattr(declared, r) is (r != "share_alike") and _closed(licence, r)]
    if declared.kogl_ai and "training" in gains:
        gains.remove("training")
    if declared.residency == "any" and licence.residency == "KR":
        gains.append("residency")
    if declared.approval_required is False and licence.approval:
        gains.append("approval_required")
    if licence.purposes is not None and set(declared.purposes or ()) - set(licence.purposes):
        gains.append("purposes")
    return gains


def _closed(licence: Licence, right: str) -> bool:
    return getattr(licence, right) is not (right != "share_alike")


def _resolve(declared: DeclaredTerms, licence: Licence, table: LicenceTable) -> Terms:
    rights = {right: _first(getattr(declared, right), getattr(licence, right)) for right in RIGHTS}
    if declared.kogl_ai:
        # The mark allows training even on NC and ND works, and forbids selling training data made from them.
        rights |= {"training": _first(declared.training, True), "resale": False}
    purposes = _first(declared.purposes, _first(licence.purposes, tuple(table.purposes)))
    needs_line = licence.attribution is True
    return Terms(
        **declared.model_dump(include={"licence", "holder", "legal_basis", "evidence", "valid_from", "expires"}),
        **declared.model_dump(include={"kogl_ai", "agreement", "pipa_approval"}),
        **rights,
        purposes=tuple(sorted(set(purposes))),
        attribution=declared.attribution or (declared.holder if needs_line else None),
        residency=_first(declared.residency, licence.residency),
        approval_required=_first(declared.approval_required, licence.approval),
    )


def _first(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _rights(terms: Terms) -> dict[str, Any]:
    """What makes two texts belong in one licence class."""
    rights = terms.model_dump(include={*RIGHTS, "residency", "approval_required", "purposes"})
    return rights | {"attribution": terms.attribution is not None, "purposes": list(terms.purposes)}


def licence_class(terms: Terms) -> str:
    """Stable slug of the licence and the rights under it, for shard paths and the `licence` column.

    `kogl-1`, `kogl-3-ai`, `cc-by-sa-4.0`; terms that differ from the licence's own row end in a hash of the rights.
    """
    table = licence_table()
    licence = table.licences[terms.licence]
    slug = f"{licence.slug}-ai" if terms.kogl_ai else licence.slug
    plain = DeclaredTerms(
        licence=terms.licence, holder=terms.holder, legal_basis="licence", evidence=("-",), kogl_ai=terms.kogl_ai
    )
    is_open = any(getattr(licence, right) == "ask" for right in (*RIGHTS, "attribution"))
    if not is_open and _rights(_resolve(plain, licence, table)) == _rights(terms):
        return slug
    return f"{slug}-{content_name(_rights(terms))[:6]}"


def restrictiveness(terms: Terms) -> int:
    """How much the terms forbid, 0 to 1023: survivors of deduplication are elected least restrictive first.

    One bit a restriction, the heaviest first: approval per legal entity, residency in Korea, no training, fewer
    purposes, an end date, no commercial use, no alteration, share-alike, no resale, attribution. So a copy that fewer
    recipients may have never wins over one that more may have, whatever its lighter duties.
    """
    bits = (
        terms.approval_required,
        terms.residency == "KR",
        not terms.training,
        len(terms.purposes) < len(licence_table().purposes),
        terms.expires is not None,
        not terms.commercial,
        not terms.derivatives,
        terms.share_alike,
        not terms.resale,
        terms.attribution is not None,
    )
    return sum(bit << place for place, bit in enumerate(reversed(bits)))


def duties(terms: Terms) -> list[str]:
    """Duties that travel with every text of the source, in the licence table's order; words: `LicenceTable.duties`."""
    table = licence_table()
    found = {
        "attribution": terms.attribution is not None,
        "non_commercial": not terms.commercial and not terms.kogl_ai,
        "non_commercial_text": not terms.commercial and terms.kogl_ai,
        "no_derivatives": not terms.derivatives,
        "share_alike": terms.share_alike,
        "no_resale": not terms.resale,
        "no_similar_output": terms.kogl_ai,
        "keep_in_korea": terms.residency == "KR",
        "own_approval": terms.approval_required,
        "delete_on_expiry": terms.expires is not None,
    }
    held = {name for name, holds in found.items() if holds} | set(table.licences[terms.licence].duties)
    return [name for name in table.duties if name in held]
