"""Clusters of duplicates by size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ALONE_UP_TO = 8  # larger sizes share bars: 9–16, 17–32, …


@dataclass(frozen=True)
class SizeBar:
    """Clusters of one size, or of a range of sizes."""

    label: str
    clusters: int
    documents: int


@dataclass(frozen=True)
class Clusters:
    """The section."""

    bars: tuple[SizeBar, ...]
    clusters: int
    documents: int
    removed: int
    marked: int
    largest: tuple[tuple[str, int], ...]

    @property
    def most(self) -> int:
        """Clusters of the commonest size."""
        return max((bar.clusters for bar in self.bars), default=0)


def clusters_view(data: Mapping[str, Any]) -> Clusters:
    """Reads `clusters` of the report's data."""
    sizes = {int(size): number for size, number in data["sizes"].items() if int(size) > 1}
    ranges: dict[tuple[int, int], list[int]] = {}
    for size, number in sorted(sizes.items()):
        total = ranges.setdefault(_range(size), [0, 0])
        total[0] += number
        total[1] += size * number
    return Clusters(
        bars=tuple(SizeBar(_label(*limits), *total) for limits, total in ranges.items()),
        clusters=sum(sizes.values()),
        documents=sum(size * number for size, number in sizes.items()),
        removed=data["removed"],
        marked=data["marked"],
        largest=tuple((entry["survivor"], entry["size"]) for entry in data["largest"]),
    )


def _range(size: int) -> tuple[int, int]:
    if size <= _ALONE_UP_TO:
        return size, size
    top = 1 << (size - 1).bit_length()
    return top // 2 + 1, top


def _label(low: int, high: int) -> str:
    return str(low) if low == high else f"{low:,}–{high:,}"
