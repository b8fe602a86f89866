"""Why documents left: rules that dropped them, errors that broke them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.report.figures import count
from pipelines.report.words import CODES, STAGES, UNITS, Name, named, rule_named

_NAMED_SOURCES = 3


@dataclass(frozen=True)
class Reason:
    """One reason with how often it was met, and where most."""

    name: Name
    key: str
    place: Name  # stage of a rule, unit of an error
    number: int
    where: str


def drop_reasons(drops: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Rules by how many documents they dropped, most first."""
    return _reasons(((d["rule"], d["stage"], d["source"], d["count"]) for d in drops), rule_named, STAGES)


def broken_reasons(broken: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Error codes by how many items or documents they broke, most first."""
    rows = ((b["code"], b["unit"], b["source"], b["count"]) for b in broken)
    return _reasons(rows, lambda code: named(CODES, code), UNITS)


def _reasons(rows: Iterable[tuple[str, str, str, int]], name: Any, places: dict[str, Name]) -> list[Reason]:
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for key, place, source, number in rows:
        found[key, place][source] += number
    reasons = [
        Reason(name(key), key, named(places, place), sum(sources.values()), _where(sources))
        for (key, place), sources in found.items()
    ]
    return sorted(reasons, key=lambda r: (-r.number, r.key, r.place))


def _where(sources: Counter[str]) -> str:
    ordered = sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))
    said = [f"{source} {count(number)}" for source, number in ordered[:_NAMED_SOURCES]]
    rest = len(ordered) - _NAMED_SOURCES
    return " · ".join(said) + (f" · +{rest}" if rest > 0 else "")
