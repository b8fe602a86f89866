"""What entered and what left: totals, the books of every stage and source, and the picture of the flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.words import OUTCOMES, SECTORS, STAGES, Name, named

RELEASED, BROKEN = "released", "broken"
_ORDER = (RELEASED, "deduplicate", "judge", "protect", "prepare", BROKEN)


@dataclass(frozen=True)
class Line:
    """One line of the books."""

    stage: str
    came: int
    kept: int
    dropped: int
    broken: int

    @property
    def balanced(self) -> bool:
        """Whether every document left by exactly one exit."""
        return self.came == self.kept + self.dropped + self.broken

    @property
    def name(self) -> Name:
        """Name of the stage."""
        return named(STAGES, self.stage)


@dataclass(frozen=True)
class Source:
    """One source's books."""

    name: str
    sector: Name
    sector_key: str
    licence: str
    items: int
    items_broken: int
    mb: float
    lines: tuple[Line, ...]

    @property
    def came(self) -> int:
        """Documents that entered."""
        return self.lines[0].came if self.lines else 0

    @property
    def released(self) -> int:
        """Documents in the release."""
        return self.lines[-1].kept if self.lines else 0

    @property
    def balanced(self) -> bool:
        """Whether every stage balances and hands on what it kept."""
        handed = all(before.kept == after.came for before, after in zip(self.lines, self.lines[1:], strict=False))
        return handed and all(line.balanced for line in self.lines)

    def outcomes(self) -> dict[str, int]:
        """Documents by what became of them; nought left out."""
        found = Counter({RELEASED: self.released})
        for line in self.lines:
            found[line.stage] += line.dropped
            found[BROKEN] += line.broken
        return {key: found[key] for key in [*_ORDER, *sorted(found.keys() - set(_ORDER))] if found[key]}


@dataclass(frozen=True)
class Flow:
    """All sources together."""

    sources: tuple[Source, ...]

    @property
    def stages(self) -> tuple[Line, ...]:
        """The books over all sources, a line a stage, in the order in which the sources name them."""
        totals: dict[str, list[int]] = {}
        for source in self.sources:
            for line in source.lines:
                total = totals.setdefault(line.stage, [0, 0, 0, 0])
                for place, number in enumerate((line.came, line.kept, line.dropped, line.broken)):
                    total[place] += number
        return tuple(Line(stage, *numbers) for stage, numbers in totals.items())

    @property
    def came(self) -> int:
        """Documents that entered."""
        return sum(source.came for source in self.sources)

    @property
    def released(self) -> int:
        """Documents in the release."""
        return sum(source.released for source in self.sources)

    @property
    def items(self) -> int:
        """Items listed in the snapshots."""
        return sum(source.items for source in self.sources)

    @property
    def items_broken(self) -> int:
        """Items that could not be read; how many documents they held is unknown."""
        return sum(source.items_broken for source in self.sources)

    @property
    def mb(self) -> float:
        """MB read."""
        return sum(source.mb for source in self.sources)

    @property
    def balanced(self) -> bool:
        """Whether all books balance."""
        return all(source.balanced for source in self.sources)

    def outcomes(self) -> dict[str, int]:
        """Documents by what became of them, over all sources."""
        total: Counter[str] = Counter()
        for source in self.sources:
            total.update(source.outcomes())
        return {key: total[key] for key in [*_ORDER, *sorted(total.keys() - set(_ORDER))] if total[key]}


def flow_of(sources: Sequence[Mapping[str, Any]]) -> Flow:
    """Reads `sources` of the report's data; largest first within a sector."""
    found = [_source(source) for source in sources]
    order = list(SECTORS)
    rank = {name: place for place, name in enumerate(order)}
    return Flow(tuple(sorted(found, key=lambda s: (rank.get(s.sector_key, len(order)), -s.came, s.name))))


def _source(data: Mapping[str, Any]) -> Source:
    lines = [Line(s["stage"], s["in"], s["kept"], s["dropped"], s["broken"]) for s in data["stages"]]
    return Source(
        name=data["name"],
        sector=named(SECTORS, data["sector"]),
        sector_key=data["sector"],
        licence=data["licence"],
        items=data["items"]["in"],
        items_broken=data["items"]["broken"],
        mb=data["mb"],
        lines=tuple(lines),
    )


def outcome_name(key: str) -> Name:
    """Name of an outcome."""
    return named(OUTCOMES, key)
