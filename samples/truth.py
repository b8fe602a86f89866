"""The truth: one row for each planted thing, with its exact place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as default
from pathlib import Path
from typing import Any

from samples.damaged import Damage
from samples.document import FIELDS
from samples.draft import Draft, Mark
from samples.layouts import Placed

# A unique identifier is replaced by a placeholder of another length before anything else looks at the text.
_PLACEHOLDER_SLACK = 40
_PLACEHOLDER_KINDS = ("rrn", "frn", "passport", "driver")
_HEADING_SLACK = 60


@dataclass(frozen=True)
class Planted:
    """One planted thing. `start` and `end` are half-open code points of the field as the file holds it, line ends
    counted as one; `slack` is by how many code points normalising or extracting may move them."""

    what: str
    corpus: str
    item: str
    native_id: str | None
    kind: str
    variant: str
    field: str = ""
    start: int = -1
    end: int = -1
    slack: int = 0
    value: str = ""
    group: str = ""
    detail: Mapping[str, Any] = default(default_factory=dict)


@dataclass(frozen=True)
class Truth:
    """What was generated: planted things, and the number of documents in each corpus."""

    rows: tuple[Planted, ...]
    documents: Mapping[str, int]

    def save(self, path: Path) -> None:
        """One JSON object a line."""
        lines = (json.dumps(asdict(row), ensure_ascii=False, sort_keys=True) for row in self.rows)
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def rows_of(corpus: str, placed: Iterable[Placed], fields: tuple[str, ...]) -> Iterator[Planted]:
    """Rows of a corpus whose layout keeps `fields`."""
    for place in placed:
        document = place.document
        native_id = document.native_id if place.named else None
        for fact in document.facts:
            yield Planted(
                fact.what, corpus, place.item, native_id, fact.kind, fact.variant, group=fact.group, detail=fact.detail
            )
        for name in FIELDS:
            if name in fields:
                yield from _marked(corpus, place, native_id, name)


def _marked(corpus: str, place: Placed, native_id: str | None, name: str) -> Iterator[Planted]:
    draft = getattr(place.document, name)
    for mark in draft.marks:
        yield Planted(
            mark.what,
            corpus,
            place.item,
            native_id,
            mark.kind,
            mark.variant,
            field=name,
            start=mark.start,
            end=mark.end,
            slack=_slack(draft, mark) + (_markup_slack(draft, mark) if place.markup and name == "text" else 0),
            value=draft.value(mark),
        )


def _slack(draft: Draft, mark: Mark) -> int:
    placeholders = [other for other in draft.marks if other.start <= mark.start and other.kind in _PLACEHOLDER_KINDS]
    return _PLACEHOLDER_SLACK * len(placeholders) + draft.text[: mark.end].count("\u200b")


def _markup_slack(draft: Draft, mark: Mark) -> int:
    """A page's paragraphs may be set apart by one more line end each, and its heading may stand in front."""
    return _HEADING_SLACK + draft.text[: mark.end].count("\n")


def rows_of_damage(damages: Iterable[Damage]) -> Iterator[Planted]:
    """Rows of what cannot be read."""
    for damage in damages:
        yield Planted(
            "broken",
            damage.corpus,
            damage.item,
            None,
            damage.kind,
            damage.unit,
            detail={"codes": list(damage.codes), "count": damage.count},
        )
