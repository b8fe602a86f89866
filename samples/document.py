"""One document with what is known about it, before it is written in any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from samples.draft import Draft

FIELDS = ("text", "title", "author", "url")
EMPTY = Draft("")


@dataclass(frozen=True)
class Fact:
    """Something planted that concerns a whole document."""

    what: str  # exact_duplicate | near_duplicate | template | low_quality
    kind: str
    variant: str = ""
    group: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """Text and fields as drafts; `date` is ISO; `facts` are what the truth says of the whole document."""

    native_id: str
    text: Draft
    title: Draft = EMPTY
    author: Draft = EMPTY
    url: Draft = EMPTY
    date: str = "2024-01-01"
    domain: str = ""
    facts: tuple[Fact, ...] = ()

    def known(self, fact: Fact) -> Document:
        """The same document with one more fact."""
        return replace(self, facts=(*self.facts, fact))

    @property
    def clean(self) -> bool:
        """True when nothing at all is planted in it."""
        return not self.facts and not any(getattr(self, name).marks for name in FIELDS)
