"""Plants duplicates, near duplicates, template families and documents of low quality among the corpora."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from samples.compose import Studio, framed
from samples.document import Document, Fact
from samples.draft import Draft
from samples.edits import EDITS, respace
from samples.grammar import Grammar
from samples.plant import Fits, Planter
from samples.similarity import jaccard

Corpora = dict[str, list[Document]]

# Where copies are taken from and where they go: the same source, another under the same or under other terms.
_ROUTES: tuple[tuple[str, str, str], ...] = (
    ("same_source", "office-letters", "office-letters"),
    ("same_source", "paper-abstracts", "paper-abstracts"),
    ("same_source", "shop-reviews", "shop-reviews"),
    ("same_source", "call-transcripts", "call-transcripts"),
    ("across_sources", "paper-abstracts", "paper-records"),
    ("across_sources", "notices-markdown", "office-letters"),
    ("across_licences", "office-letters", "letter-mirror"),
    ("across_licences", "web-pages", "letter-mirror"),
)
_FAMILIES = ("template.certificate", "template.permit", "template.inspection")


class Doubler:
    """Adds copies to corpora; groups are numbered in the order in which they are planted."""

    def __init__(self, corpora: Corpora, grammar: Grammar, rng: Random, fits: dict[str, Fits]) -> None:
        self.corpora, self.grammar, self.rng, self.fits = corpora, grammar, rng, fits
        self._bases = {name: self._clean(documents) for name, documents in corpora.items()}
        self._groups = 0

    def _clean(self, documents: list[Document]) -> Iterator[tuple[int, Document]]:
        places = [place for place, document in enumerate(documents) if document.clean]
        self.rng.shuffle(places)
        return iter([(place, documents[place]) for place in places])

    def exact(self, rounds: int) -> None:
        """`rounds` copies along every route, as many that differ in spacing only, and one large cluster."""
        for _ in range(rounds):
            for variant, home, target in _ROUTES:
                self._copy(Fact("exact_duplicate", "text", variant), home, [target])
        for _ in range(rounds):
            self._copy(Fact("exact_duplicate", "normalised", "respaced"), "office-letters", ["letter-mirror"])
        self._copy(Fact("exact_duplicate", "text", "repeated"), "call-transcripts", ["call-transcripts"] * 12)

    def near(self, rounds: int) -> None:
        """`rounds` near duplicates of every grade, within a source and across."""
        routes = [(home, target) for _, home, target in _ROUTES if home != "shop-reviews"]
        for variant, edit in EDITS.items():
            for number in range(rounds):
                home, target = routes[number % len(routes)]
                place, base = self._take(home)
                text = edit(base.text.text, self.rng, self.grammar)
                measured = {"jaccard": round(jaccard(base.text.text, text), 4)}
                fact = Fact("near_duplicate", "near", variant, self._group("near"), measured)
                self._remember(home, place, fact)
                self._add(target, replace(base, text=Draft(text), facts=(fact,)))

    def families(self, members: int) -> None:
        """`members` letters of each template family."""
        studio = Studio(self.grammar, self.rng, Planter(self.grammar, self.rng), self.fits["office-letters"])
        for rule in _FAMILIES:
            group = self._group("template")
            for _ in range(members):
                document = framed(studio, "", rule)
                fact = Fact("template", rule.partition(".")[2], "frame", group)
                self._add("office-letters", document.known(fact))

    def poor(self, rounds: int) -> None:
        """`rounds` documents of every kind of low quality in three sources."""
        for target in ("office-letters", "web-pages", "call-transcripts"):
            for kind in ("symbols", "repeated_lines", "short", "english", "empty", "zero_width"):
                for _ in range(rounds):
                    document = Document("", Draft(self._poor(kind)), Draft("제목 없음"), Draft("미상"))
                    self._add(target, document.known(Fact("low_quality", kind, "document")))

    def _poor(self, kind: str) -> str:
        if kind == "repeated_lines":
            return "\n".join([self.grammar.say("notice.sentence", self.rng)] * 30)
        if kind in ("empty", "zero_width"):
            return "" if kind == "empty" else "\u200b\u200b\ufeff\u200d" * 3
        count = 1 if kind == "short" else 8
        return "\n".join(self.grammar.deal(f"lowquality.{kind}", count, self.rng))

    def _copy(self, fact: Fact, home: str, targets: list[str]) -> None:
        place, base = self._take(home)
        fact = replace(fact, group=self._group("exact"))
        self._remember(home, place, fact)
        for target in targets:
            text = base.text
            if fact.variant == "respaced":
                text = Draft(respace(text.text, self.rng, self.grammar))
            self._add(target, replace(base, text=text, facts=(fact,)))

    def _take(self, home: str) -> tuple[int, Document]:
        return next(self._bases[home])

    def _remember(self, home: str, place: int, fact: Fact) -> None:
        self.corpora[home][place] = self.corpora[home][place].known(fact)

    def _add(self, target: str, document: Document) -> None:
        documents = self.corpora[target]
        documents.append(replace(document, native_id=f"{target}-d{len(documents):05}"))

    def _group(self, what: str) -> str:
        self._groups += 1
        return f"{what}-{self._groups:04}"
