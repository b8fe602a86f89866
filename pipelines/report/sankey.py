"""The flow from sources to outcomes as one drawing: a band for each pair, as thick as the documents it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.report.figures import count
from pipelines.report.flow import Flow, Source, outcome_name

WIDTH = 960
_LEFT, _RIGHT, _NODE = 200, 716, 9
_SOURCE_GAP, _OUTCOME_GAP = 8, 26
_DOCUMENTS_HEIGHT = 330
_THINNEST = 1.4  # a band of one document in millions must still be seen
_LINE = 15  # below this height a node's two lines of writing would run into the next one
_MOST_SOURCES = 40


@dataclass(frozen=True)
class Node:
    """A source or an outcome: its place, its writing, and the class that colours it."""

    label: str
    detail: str
    number: str
    css: str
    y: float
    height: float

    @property
    def middle(self) -> float:
        """Vertical middle."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Band:
    """One band."""

    path: str
    css: str
    title: str


@dataclass(frozen=True)
class Drawing:
    """What the template draws."""

    height: float
    left: tuple[Node, ...]
    right: tuple[Node, ...]
    bands: tuple[Band, ...]
    width: int = WIDTH
    left_x: int = _LEFT
    right_x: int = _RIGHT
    node: int = _NODE


def drawing(flow: Flow) -> Drawing:
    """Lays out the flow; sources beyond forty are left to the table."""
    sources = [source for source in flow.sources if source.came][:_MOST_SOURCES]
    pairs = [(source, source.outcomes()) for source in sources]
    keys = [key for key in flow.outcomes() if any(key in outcomes for _, outcomes in pairs)]
    scale = _DOCUMENTS_HEIGHT / max(1, sum(source.came for source in sources))
    thick = {(s.name, key): max(_THINNEST, n * scale) for s, outcomes in pairs for key, n in outcomes.items()}
    left = _stack([(s.name, sum(thick[s.name, k] for k in o)) for s, o in pairs], _SOURCE_GAP, _LINE)
    right_sizes = [(key, sum(thick[s.name, key] for s, o in pairs if key in o)) for key in keys]
    right = _stack(right_sizes, _OUTCOME_GAP, 2 * _LINE)
    bands = _bands(pairs, keys, thick, left, right)
    height = max([y + h for y, h in [*left.values(), *right.values()]], default=0) + 14
    return Drawing(
        height=height,
        left=tuple(_source_node(source, *left[source.name]) for source in sources),
        right=tuple(_outcome_node(key, flow.outcomes()[key], *right[key]) for key in keys),
        bands=tuple(bands),
    )


def _stack(sizes: Sequence[tuple[str, float]], gap: float, at_least: float) -> dict[str, tuple[float, float]]:
    """Top and height of each node; a node smaller than its writing still takes the room of it."""
    places: dict[str, tuple[float, float]] = {}
    top = 12.0
    for name, size in sizes:
        room = max(size, at_least)
        places[name] = (top + (room - size) / 2, size)
        top += room + gap
    return places


def _bands(
    pairs: Sequence[tuple[Source, dict[str, int]]],
    keys: Sequence[str],
    thick: dict[tuple[str, str], float],
    left: dict[str, tuple[float, float]],
    right: dict[str, tuple[float, float]],
) -> list[Band]:
    bands = []
    filled = {key: right[key][0] for key in keys}
    for source, outcomes in pairs:
        start = left[source.name][0]
        for key, number in outcomes.items():
            size = thick[source.name, key]
            title = f"{source.name} → {outcome_name(key).ko}: {count(number)}"
            bands.append(Band(_ribbon(start, filled[key], size), css_class(key), title))
            start += size
            filled[key] += size
    return bands


def _ribbon(start: float, end: float, size: float) -> str:
    x0, x1 = _LEFT + _NODE, _RIGHT
    middle = (x0 + x1) / 2
    return (
        f"M{x0} {start:.1f}C{middle:.0f} {start:.1f} {middle:.0f} {end:.1f} {x1} {end:.1f}"
        f"v{size:.1f}C{middle:.0f} {end + size:.1f} {middle:.0f} {start + size:.1f} {x0} {start + size:.1f}z"
    )


def _source_node(source: Source, y: float, height: float) -> Node:
    css = f"sector-{source.sector_key}"
    return Node(source.name, source.sector.ko, count(source.came), css, y, max(height, _THINNEST))


def _outcome_node(key: str, number: int, y: float, height: float) -> Node:
    name = outcome_name(key)
    return Node(name.ko, name.en, count(number), css_class(key), y, max(height, _THINNEST))


def css_class(outcome: str) -> str:
    """Class of an outcome's colour: released, broken, or one of the ways to be dropped."""
    known = ("released", "broken", "deduplicate", "judge", "protect")
    return f"to-{outcome}" if outcome in known else "to-judge"
