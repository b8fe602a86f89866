"""What is done with each kind: a frozen table, checked once against the law's classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from governance.records.errors import ConfigError
from transforms.pii.kinds import PIPA_CLASS, Kind, PipaClass
from transforms.pii.recogniser import LEAST


class Action(StrEnum):
    """What happens to a span."""

    DESTROY = "destroy"  # a fixed placeholder stands there
    MASK = "mask"  # every letter and digit becomes *
    PSEUDONYMISE = "pseudonymise"  # a keyed surrogate of the same form stands there
    GENERALISE = "generalise"  # a coarser value stands there
    KEEP = "keep"  # it stays, with a reason


class Link(StrEnum):
    """How far one value keeps one pseudonym."""

    DOCUMENT = "document"
    SOURCE = "source"


# What each class may not be less than. Source: PIPA art. 24-2 (no consent cures a resident number), 28-2, 28-4.
ALLOWED: dict[PipaClass, frozenset[Action]] = {
    PipaClass.UNIQUE_ID: frozenset({Action.DESTROY}),
    PipaClass.SENSITIVE: frozenset({Action.DESTROY, Action.MASK, Action.KEEP}),
    PipaClass.IDENTIFIER: frozenset(Action),
    PipaClass.QUASI_IDENTIFIER: frozenset(Action),
}
GENERALISED: frozenset[Kind] = frozenset(
    {Kind.ADDRESS, Kind.BIRTH_DATE, Kind.AGE, Kind.POSTAL_CODE, Kind.URL, Kind.POSITION}
)
PSEUDONYMISED: frozenset[Kind] = frozenset(
    {
        Kind.BUSINESS_NUMBER, Kind.CORPORATE_NUMBER, Kind.HEALTH_INSURANCE, Kind.CUSTOMS_CODE, Kind.ACCOUNT, Kind.CARD,
        Kind.PHONE, Kind.EMAIL, Kind.HANDLE, Kind.IP_ADDRESS, Kind.MAC_ADDRESS, Kind.PLATE, Kind.MEMBER_NUMBER,
        Kind.NAME,
    }
)  # fmt: skip

DEFAULT_ACTIONS: Mapping[Kind, Action] = MappingProxyType(
    {
        Kind.RESIDENT_NUMBER: Action.DESTROY,
        Kind.FOREIGNER_NUMBER: Action.DESTROY,
        Kind.PASSPORT: Action.DESTROY,
        Kind.DRIVER_LICENCE: Action.DESTROY,
        Kind.BUSINESS_NUMBER: Action.PSEUDONYMISE,
        Kind.CORPORATE_NUMBER: Action.KEEP,
        Kind.HEALTH_INSURANCE: Action.PSEUDONYMISE,
        Kind.CUSTOMS_CODE: Action.PSEUDONYMISE,
        Kind.ACCOUNT: Action.PSEUDONYMISE,
        Kind.CARD: Action.PSEUDONYMISE,
        Kind.PHONE: Action.PSEUDONYMISE,
        Kind.EMAIL: Action.PSEUDONYMISE,
        Kind.HANDLE: Action.PSEUDONYMISE,
        Kind.URL: Action.KEEP,
        Kind.IP_ADDRESS: Action.PSEUDONYMISE,
        Kind.MAC_ADDRESS: Action.PSEUDONYMISE,
        Kind.PLATE: Action.PSEUDONYMISE,
        Kind.BIRTH_DATE: Action.GENERALISE,
        Kind.AGE: Action.KEEP,
        Kind.ADDRESS: Action.GENERALISE,
        Kind.POSTAL_CODE: Action.GENERALISE,
        Kind.POSITION: Action.GENERALISE,
        Kind.MEMBER_NUMBER: Action.PSEUDONYMISE,
        Kind.CASE_NUMBER: Action.KEEP,
        Kind.NAME: Action.PSEUDONYMISE,
        Kind.ORGANISATION: Action.KEEP,
    }
)
DEFAULT_REASONS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CORPORATE_NUMBER: "not_personal",
        Kind.URL: "not_personal",
        Kind.AGE: "quasi_identifier_alone",
        Kind.CASE_NUMBER: "public_record",
        Kind.ORGANISATION: "not_personal",
    }
)
REASONS = frozenset({"not_personal", "quasi_identifier_alone", "public_record", "public_figure", "terms_allow"})


@dataclass(frozen=True)
class PiiPolicy:
    """The actions of one recipe.

    Attributes:
        actions: every kind that is looked for, and what is done with it.
        reasons: reason code of every kind that is kept.
        link: whether one value has one pseudonym in a document or in the whole source.
        at_least: lowest score acted on, per mille: lower is recall first, higher is precision first.
        legal_basis: of what is kept as a public figure or under the source's terms.

    Raises:
        ConfigError: with every problem found.
    """

    actions: Mapping[Kind, Action] = field(default_factory=lambda: dict(DEFAULT_ACTIONS))
    reasons: Mapping[Kind, str] = field(default_factory=lambda: dict(DEFAULT_REASONS))
    link: Link = Link.DOCUMENT
    at_least: int = LEAST
    legal_basis: str | None = None

    def __post_init__(self) -> None:
        problems = [*self._action_problems(), *self._reason_problems(), *self._bound_problems()]
        if problems:
            raise ConfigError(problems)
        object.__setattr__(self, "actions", MappingProxyType(dict(self.actions)))
        object.__setattr__(self, "reasons", MappingProxyType(dict(self.reasons)))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles as its plain values, so that a worker can receive it."""
        return PiiPolicy, (dict(self.actions), dict(self.reasons), self.link, self.at_least, self.legal_basis)

    def _action_problems(self) -> list[str]:
        found = []
        for kind, action in self.actions.items():
            pipa = PIPA_CLASS[kind]
            if action not in ALLOWED[pipa]:
                allowed = ", ".join(sorted(ALLOWED[pipa]))
                found.append(f"pii.actions.{kind}: {action} is not open to class {pipa}; use {allowed}")
            elif action is Action.GENERALISE and kind not in GENERALISED:
                found.append(f"pii.actions.{kind}: has no coarser form; use destroy, mask or pseudonymise")
            elif action is Action.PSEUDONYMISE and kind not in PSEUDONYMISED:
                found.append(f"pii.actions.{kind}: has no surrogate; use destroy, mask or generalise")
        missing = [k for k, c in PIPA_CLASS.items() if c is PipaClass.UNIQUE_ID and k not in self.actions]
        return found + [f"pii.actions.{kind}: unique identifiers are always destroyed; add it" for kind in missing]

    def _reason_problems(self) -> list[str]:
        found = []
        for kind, action in self.actions.items():
            reason = self.reasons.get(kind)
            if action is Action.KEEP and reason not in REASONS:
                found.append(f"pii.reasons.{kind}: keeping needs one of {', '.join(sorted(REASONS))}")
            if action is Action.KEEP and reason in ("public_figure", "terms_allow") and not self.legal_basis:
                found.append(
                    f"pii.legal_basis: {kind} is kept as {reason}; name the article or the terms that allow it"
                )
        return found

    def _bound_problems(self) -> list[str]:
        return [] if 0 <= self.at_least <= 1000 else ["pii.at_least: a score per mille, 0 to 1000"]


def parse_policy(settings: Mapping[str, object]) -> PiiPolicy:
    """A policy from a recipe's `pii` section; what is not said keeps its default.

    Keys: actions (kind → action), reasons (kind → code), link, at_least, legal_basis.

    Raises:
        ConfigError: with every problem found, an unknown name together with the nearest known one.
    """
    problems = _unknown("pii", settings, ("actions", "reasons", "link", "at_least", "legal_basis"))
    actions = _table(settings.get("actions", {}), "pii.actions", problems)
    reasons = _table(settings.get("reasons", {}), "pii.reasons", problems)
    problems += [_nearest(f"pii.actions.{k}", a, list(Action)) for k, a in actions.items() if a not in list(Action)]
    link = str(settings.get("link", Link.DOCUMENT))
    if link not in list(Link):
        problems.append(_nearest("pii.link", link, list(Link)))
    at_least = settings.get("at_least", LEAST)
    if not isinstance(at_least, int) or isinstance(at_least, bool):
        problems.append("pii.at_least: a whole number, per mille")
    if problems:
        raise ConfigError(problems)
    basis = settings.get("legal_basis")
    return PiiPolicy(
        {**DEFAULT_ACTIONS, **{Kind(k): Action(a) for k, a in actions.items()}},
        {**DEFAULT_REASONS, **{Kind(k): r for k, r in reasons.items()}},
        Link(link),
        int(at_least),  # type: ignore[call-overload]
        None if basis is None else str(basis),
    )


def _table(value: object, where: str, problems: list[str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        problems.append(f"{where}: a mapping of kind to value")
        return {}
    problems += _unknown(where, value, [k.value for k in Kind])
    return {str(k): str(v) for k, v in value.items() if str(k) in list(Kind)}


def _unknown(where: str, given: Mapping[str, object], known: object) -> list[str]:
    names = [str(name) for name in known]  # type: ignore[attr-defined]
    return [_nearest(where, str(key), names) for key in given if str(key) not in names]


def _nearest(where: str, name: str, known: list[str] | list[Action] | list[Link]) -> str:
    close = get_close_matches(name, [str(k) for k in known], 1)
    return f"{where}: {name!r} is unknown" + (f"; did you mean {close[0]!r}?" if close else "")
