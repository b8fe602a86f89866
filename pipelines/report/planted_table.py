"""Planted against found, arranged for reading: a block a thing, a row a kind, a pill a variant, then the misses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.words import PLANTED_KINDS, VARIANTS, WHATS, Name, named

_GOOD, _FAIR = 0.95, 0.5


@dataclass(frozen=True)
class Pill:
    """One variant of one kind."""

    name: Name
    planted: int
    found: int

    @property
    def css(self) -> str:
        """How well it was found, as a class."""
        return grade(self.found, self.planted)


@dataclass(frozen=True)
class KindLine:
    """One kind with its variants."""

    name: Name
    planted: int
    found: int
    withheld: int
    pills: tuple[Pill, ...]

    @property
    def css(self) -> str:
        """How well it was found, as a class."""
        return grade(self.found, self.planted)


@dataclass(frozen=True)
class Block:
    """One thing that was planted."""

    what: str
    name: Name
    planted: int
    found: int
    kinds: tuple[KindLine, ...]

    @property
    def css(self) -> str:
        """How well it was found, as a class."""
        return grade(self.found, self.planted)


@dataclass(frozen=True)
class MissGroup:
    """Misses of one kind and variant, by corpus."""

    name: str
    total: int
    corpora: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Misses:
    """All misses of one thing."""

    name: Name
    total: int
    groups: tuple[MissGroup, ...]


def grade(found: int, planted: int) -> str:
    """none (nothing to judge), all, most, some or few."""
    if not planted:
        return "none"
    if found == planted:
        return "all"
    return "most" if found >= _GOOD * planted else "some" if found >= _FAIR * planted else "few"


def planted_blocks(rows: Iterable[Mapping[str, Any]]) -> list[Block]:
    """Blocks in the order of WHATS; kinds by how much was planted; variants as they are named in VARIANTS."""
    by_what: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_what[row["what"]][row["kind"]].append(row)
    order = [what for what in WHATS if what in by_what] + sorted(by_what.keys() - WHATS.keys())
    return [_block(what, by_what[what]) for what in order]


def _block(what: str, kinds: Mapping[str, Sequence[Mapping[str, Any]]]) -> Block:
    lines = [_kind(kind, rows) for kind, rows in kinds.items()]
    lines.sort(key=lambda line: (-line.planted, line.name))
    return Block(what, named(WHATS, what), *_sums(lines), tuple(lines))


def _sums(lines: Sequence[KindLine]) -> tuple[int, int]:
    return sum(line.planted for line in lines), sum(line.found for line in lines)


def _kind(kind: str, rows: Sequence[Mapping[str, Any]]) -> KindLine:
    rank = {name: place for place, name in enumerate(VARIANTS)}
    ordered = sorted(rows, key=lambda row: (rank.get(row["variant"], len(rank)), row["variant"]))
    pills = [Pill(named(VARIANTS, row["variant"]), row["planted"], row["found"]) for row in ordered if row["planted"]]
    planted, found, withheld = (sum(row.get(name, 0) for row in rows) for name in ("planted", "found", "withheld"))
    return KindLine(named(PLANTED_KINDS, kind), planted, found, withheld, tuple(pills))


def misses_of(rows: Iterable[Mapping[str, Any]]) -> list[Misses]:
    """Every miss, by thing, then kind and variant in the order of the rows, then corpus."""
    found: dict[str, list[MissGroup]] = defaultdict(list)
    for row in rows:
        if row["misses"]:
            found[row["what"]].append(_group(row))
    order = [what for what in WHATS if what in found] + sorted(found.keys() - WHATS.keys())
    return [Misses(named(WHATS, w), sum(group.total for group in found[w]), tuple(found[w])) for w in order]


def _group(row: Mapping[str, Any]) -> MissGroup:
    """Each miss is a line of the truth; its corpus is said once."""
    places: dict[str, list[int]] = defaultdict(list)
    for miss in row["misses"]:
        places[miss["corpus"]].append(miss["line"])
    name = f"{named(PLANTED_KINDS, row['kind']).ko} · {named(VARIANTS, row['variant']).ko}"
    return MissGroup(
        name, len(row["misses"]), tuple((corpus, tuple(found)) for corpus, found in sorted(places.items()))
    )
