"""Text under construction that remembers where something was planted in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from samples.grammar import CLOSE, OPEN


@dataclass(frozen=True)
class Mark:
    """One planted value: half-open code points of the text it stands in."""

    what: str  # pii | negative
    kind: str
    variant: str
    start: int
    end: int

    def moved(self, by: int) -> Mark:
        """The same mark `by` code points further on."""
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True)
class Draft:
    """A text and its marks."""

    text: str
    marks: tuple[Mark, ...] = ()

    @classmethod
    def wrapped(cls, text: str, planted: Sequence[tuple[str, str, str]]) -> Draft:
        """From a text with OPEN and CLOSE around each planted value; `planted` are (what, kind, variant) in order."""
        pieces, marks, length = [], [], 0
        head, *rest = text.split(OPEN)
        pieces.append(head)
        length += len(head)
        for (what, kind, variant), part in zip(planted, rest, strict=True):
            value, _, tail = part.partition(CLOSE)
            marks.append(Mark(what, kind, variant, length, length + len(value)))
            pieces += [value, tail]
            length += len(value) + len(tail)
        return cls("".join(pieces), tuple(marks))

    @classmethod
    def join(cls, separator: str, drafts: Iterable[Draft]) -> Draft:
        """Drafts one after another, marks moved along."""
        texts: list[str] = []
        marks: list[Mark] = []
        length = 0
        for draft in drafts:
            length += len(separator) if texts else 0
            marks += [mark.moved(length) for mark in draft.marks]
            texts.append(draft.text)
            length += len(draft.text)
        return cls(separator.join(texts), tuple(marks))

    def value(self, mark: Mark) -> str:
        """What stands under a mark."""
        return self.text[mark.start : mark.end]
