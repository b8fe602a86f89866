"""Personal data by kind and action, and by source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.report.words import ACTIONS, KINDS, SENSITIVE, Name, named

_KEEP = "keep"


@dataclass(frozen=True)
class KindRow:
    """One kind with what was done to it, in the order of ACTIONS."""

    name: Name
    actions: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True)
class Cell:
    """How much of a kind one source held; `depth` is its share of the source with the most, for the tint."""

    number: int
    depth: float


@dataclass(frozen=True)
class MatrixRow:
    """One kind across the sources."""

    name: Name
    cells: tuple[Cell, ...]
    total: int


@dataclass(frozen=True)
class Personal:
    """The section. `acted` are kinds to which something was done, `kept` those that only stay, each with a reason."""

    total: int
    acted: tuple[KindRow, ...]
    kept: tuple[KindRow, ...]
    actions: tuple[tuple[str, Name, int], ...]
    sources: tuple[str, ...]
    matrix: tuple[MatrixRow, ...]

    @property
    def kinds(self) -> int:
        """Number of kinds met."""
        return len(self.acted) + len(self.kept)


@dataclass(frozen=True)
class SensitiveRow:
    """One category of sensitive information: released documents that speak of it, and their sentences that do."""

    name: Name
    documents: int
    sentences: int


def sensitive_view(rows: Iterable[Mapping[str, Any]]) -> list[SensitiveRow]:
    """Reads `sensitive` of the report's data, all sources together; categories in the order of SENSITIVE."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for what in ("documents", "sentences"):
            found[row["category"]][what] += row[what]
    order = [*(c for c in SENSITIVE if c in found), *sorted(found.keys() - SENSITIVE.keys())]
    return [SensitiveRow(named(SENSITIVE, c), found[c]["documents"], found[c]["sentences"]) for c in order]


def personal_view(rows: Iterable[Mapping[str, Any]]) -> Personal:
    """Reads `pii` of the report's data; kinds and sources with the most first."""
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        by_kind[row["kind"]][row["action"]] += row["count"]
        by_source[row["source"]][row["kind"]] += row["count"]
    kinds = _most_first(by_kind)
    acted = [kind for kind in kinds if by_kind[kind].keys() - {_KEEP}]
    kept = [kind for kind in kinds if kind not in acted]
    sources = _most_first(
        {s: Counter({k: n for k, n in found.items() if k in acted}) for s, found in by_source.items()}
    )
    actions = _actions(by_kind)
    return Personal(
        total=sum(sum(found.values()) for found in by_kind.values()),
        acted=tuple(_kind(kind, by_kind[kind]) for kind in acted),
        kept=tuple(_kind(kind, by_kind[kind]) for kind in kept),
        actions=tuple((a, named(ACTIONS, a), sum(found[a] for found in by_kind.values())) for a in actions),
        sources=tuple(sources),
        matrix=tuple(_row(kind, [by_source[source][kind] for source in sources]) for kind in [*acted, *kept]),
    )


def _actions(by_kind: Mapping[str, Counter[str]]) -> list[str]:
    """Actions met, in the order of ACTIONS."""
    met = {action for found in by_kind.values() for action in found}
    return [action for action in ACTIONS if action in met] + sorted(met - ACTIONS.keys())


def _kind(kind: str, found: Counter[str]) -> KindRow:
    actions = tuple((action, found[action]) for action in _actions({kind: found}))
    return KindRow(named(KINDS, kind), actions, sum(found.values()))


def _most_first(counters: Mapping[str, Counter[str]]) -> list[str]:
    return sorted(counters, key=lambda key: (-sum(counters[key].values()), key))


def _row(kind: str, numbers: list[int]) -> MatrixRow:
    most = max(numbers) or 1
    return MatrixRow(named(KINDS, kind), tuple(Cell(n, n / most) for n in numbers), sum(numbers))
