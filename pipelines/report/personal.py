"""Personal data by kind and action, and by source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.report.words import ACTIONS, KINDS, Name, named


@dataclass(frozen=True)
class KindRow:
    """One kind with what was done to it, in the order of ACTIONS."""

    name: Name
    actions: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True)
class Cell:
    """How much of a kind one source held; `depth` is 0 to 1 for the tint."""

    number: int
    depth: float


@dataclass(frozen=True)
class Personal:
    """The section."""

    total: int
    kinds: tuple[KindRow, ...]
    actions: tuple[tuple[str, Name, int], ...]
    sources: tuple[tuple[str, tuple[Cell, ...], int], ...]

    @property
    def most(self) -> int:
        """Largest number of any kind."""
        return max((kind.total for kind in self.kinds), default=0)


def personal_view(rows: Iterable[Mapping[str, Any]]) -> Personal:
    """Reads `pii` of the report's data; kinds and sources with the most first."""
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_kind[row["kind"]][row["action"]] += row["count"]
        by_source[row["source"]][row["kind"]] += row["count"]
    kinds = sorted(by_kind, key=lambda kind: (-sum(by_kind[kind].values()), kind))
    totals = Counter({action: sum(found[action] for found in by_kind.values()) for action in _actions(by_kind)})
    return Personal(
        total=sum(totals.values()),
        kinds=tuple(_kind(kind, by_kind[kind]) for kind in kinds),
        actions=tuple((action, named(ACTIONS, action), totals[action]) for action in _actions(by_kind)),
        sources=tuple(_source(name, by_source[name], kinds) for name in _most_first(by_source)),
    )


def _actions(by_kind: Mapping[str, Counter[str]]) -> list[str]:
    """Actions met, in the order of ACTIONS."""
    met = {action for found in by_kind.values() for action in found}
    return [action for action in ACTIONS if action in met] + sorted(met - ACTIONS.keys())


def _kind(kind: str, found: Counter[str]) -> KindRow:
    actions = tuple((action, found[action]) for action in _actions({kind: found}))
    return KindRow(named(KINDS, kind), actions, sum(found.values()))


def _most_first(by_source: Mapping[str, Counter[str]]) -> list[str]:
    return sorted(by_source, key=lambda source: (-sum(by_source[source].values()), source))


def _source(name: str, found: Counter[str], kinds: list[str]) -> tuple[str, tuple[Cell, ...], int]:
    most = max(found.values())
    return name, tuple(Cell(found[kind], found[kind] / most) for kind in kinds), sum(found.values())
