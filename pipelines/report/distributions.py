"""Histograms of the measures: all sources together as bars, each source as a strip under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.figures import count, edge
from pipelines.report.words import Name, rule_named

HEIGHT = 40  # of the bars, in units of which a bin is 10 wide


@dataclass(frozen=True)
class Bin:
    """One bin: its place from the left, its height (bars) or depth (strips), and what it says when pointed at."""

    x: int
    amount: float
    title: str


@dataclass(frozen=True)
class Strip:
    """One source's bins, each as a share of its largest."""

    source: str
    bins: tuple[Bin, ...]
    total: int


@dataclass(frozen=True)
class Histogram:
    """One measure."""

    key: str
    name: Name
    bars: tuple[Bin, ...]
    strips: tuple[Strip, ...]
    ticks: tuple[tuple[float, str], ...]  # place from the left in per cent, label
    total: int

    @property
    def bins(self) -> int:
        """Number of bins shown."""
        return len(self.bars)


def histogram_views(distributions: Mapping[str, Mapping[str, Any]]) -> list[Histogram]:
    """Every measure that has counts, in the order given."""
    return [
        _histogram(key, sources)
        for key, sources in distributions.items()
        if any(sum(found["counts"]) for found in sources.values())
    ]


def _histogram(key: str, sources: Mapping[str, Any]) -> Histogram:
    edges = next(iter(sources.values()))["edges"]
    totals = [sum(counts) for counts in zip(*(found["counts"] for found in sources.values()), strict=True)]
    filled = [place for place, number in enumerate(totals) if number]
    first, last = filled[0], filled[-1] + 1
    labels = [_between(edges, place) for place in range(len(totals))]
    return Histogram(
        key=key,
        name=rule_named(key),
        bars=_bins(totals[first:last], labels[first:last], HEIGHT),
        strips=tuple(_strip(n, s["counts"][first:last], labels[first:last]) for n, s in sources.items()),
        ticks=_ticks(edges[first : last + 1]),
        total=sum(totals),
    )


def _strip(source: str, counts: Sequence[int], labels: Sequence[str]) -> Strip:
    return Strip(source, _bins(counts, labels, 1), sum(counts))


def _bins(counts: Sequence[int], labels: Sequence[str], height: float) -> tuple[Bin, ...]:
    most = max(counts) or 1
    # Bins of one document in a hundred thousand stay visible.
    amounts = [max(height * number / most, 0.02 * height) if number else 0 for number in counts]
    return tuple(
        Bin(10 * place, round(amount, 3), f"{label}: {count(number)}")
        for place, (amount, number, label) in enumerate(zip(amounts, counts, labels, strict=True))
    )


def _between(edges: Sequence[float], place: int) -> str:
    if edges[place + 1] >= 2**31 - 1:
        return f"{edge(edges[place])} –"
    return f"{edge(edges[place])} – {edge(edges[place + 1])}"


def _ticks(edges: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """At most seven labels, the two ends among them; an open end has none."""
    last = len(edges) - 1
    step = max(1, -(-last // 6))
    places = [place for place in range(0, last, step) if last - place >= step] + [last]
    return tuple((round(100 * p / last, 2), edge(edges[p]) if edges[p] < 2**31 - 1 else "∞") for p in places)
