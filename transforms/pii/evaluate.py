"""Precision, recall, F1 and leak of spans against gold spans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from transforms.pii.gold import LABEL, GoldDocument, Span
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import LEAST
from transforms.pii.scan import scan

STRUCT = ("RRN", "FRN", "PASSPORT", "DRIVER", "BRN", "CORP", "ACCOUNT", "CARD", "PHONE", "EMAIL", "IP", "PLATE")
CORE = (*STRUCT, "ADDRESS", "NAME", "DOB")
OVERLAP = 0.5  # least intersection over union of a match


@dataclass
class Tally:
    """Counts of one label or group; shares are 0 to 1, and 0 where there is nothing to divide by."""

    gold: int = 0
    found: int = 0
    overlap: int = 0
    exact: int = 0
    characters: int = 0
    leaked: int = 0

    def add(self, other: Tally) -> None:
        """Adds another tally to this one."""
        for name in ("gold", "found", "overlap", "exact", "characters", "leaked"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def figures(self) -> dict[str, float | int]:
        """precision, recall, f1 (overlap), exact_f1, leak, and the counts."""
        return {
            "gold": self.gold,
            "found": self.found,
            "precision": _share(self.overlap, self.found),
            "recall": _share(self.overlap, self.gold),
            "f1": _share(2 * self.overlap, self.gold + self.found),
            "exact_f1": _share(2 * self.exact, self.gold + self.found),
            "leak": _share(self.leaked, self.characters),
        }


@dataclass
class Evaluation:
    """Figures of one tool on some documents.

    Attributes:
        labels: a tally per label.
        confusion: (gold label or "-", found label or "-") → spans, for what was missed, made up or named otherwise.
    """

    labels: dict[str, Tally] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def group(self, labels: Iterable[str]) -> dict[str, float | int]:
        """Figures pooled over some labels."""
        total = Tally()
        for label in labels:
            total.add(self.labels.get(label, Tally()))
        return total.figures()

    def report(self) -> dict[str, object]:
        """Everything as plain JSON values."""
        return {
            "STRUCT": self.group(STRUCT),
            "CORE": self.group(CORE),
            "labels": {label: tally.figures() for label, tally in sorted(self.labels.items())},
            "confusion": [[gold, found, count] for (gold, found), count in sorted(self.confusion.items())],
        }


def predict(documents: Sequence[GoldDocument], at_least: int = LEAST) -> list[list[Span]]:
    """Malmoi's spans of each document, in the labels of the gold sets."""
    found = scan(pa.array([d.text for d in documents], pa.large_string()), at_least=at_least).to_pylist()
    spans: list[list[Span]] = [[] for _ in documents]
    for row in found:
        label = LABEL.get(Kind(row["kind"]))
        if label is not None:
            spans[row["row"]].append(Span(row["start"], row["end"], label))
    return spans


def evaluate(documents: Sequence[GoldDocument], predicted: Sequence[Sequence[Span]]) -> Evaluation:
    """Compares found spans with gold spans.

    A match has the same label and an intersection over union of at least OVERLAP, one to one. A found label that the
    document's set never uses does not count against precision. Leak is the share of gold characters under no finding
    of any label.
    """
    used: dict[str, set[str]] = {}
    for document in documents:
        used.setdefault(document.set, set()).update(span.label for span in document.spans)
    result = Evaluation()
    for document, spans in zip(documents, predicted, strict=True):
        _compare(document, spans, used[document.set], result)
    return result


def _compare(document: GoldDocument, spans: Sequence[Span], labels: set[str], result: Evaluation) -> None:
    covered = {place for span in spans for place in range(span.start, span.end)}
    pairs = match(document.spans, spans)
    for span in document.spans:
        tally = result.labels.setdefault(span.label, Tally())
        tally.gold += 1
        tally.characters += span.end - span.start
        tally.leaked += sum(place not in covered for place in range(span.start, span.end))
    for span in spans:
        if span.label in labels:
            result.labels.setdefault(span.label, Tally()).found += 1
    for gold, found in pairs:
        tally = result.labels[gold.label]
        tally.overlap += 1
        tally.exact += gold == found
    _confuse(document.spans, [s for s in spans if s.label in labels], pairs, result.confusion)


def _confuse(
    gold: Sequence[Span], spans: Sequence[Span], pairs: list[tuple[Span, Span]], confusion: Counter[tuple[str, str]]
) -> None:
    missed = [g for g in gold if g not in {pair[0] for pair in pairs}]
    extra = [s for s in spans if s not in {pair[1] for pair in pairs}]
    for g in missed:
        confusion[g.label, next((s.label for s in extra if _iou(g, s) > 0), "-")] += 1
    for s in extra:
        if not any(_iou(g, s) > 0 for g in missed):
            confusion["-", s.label] += 1


def match(gold: Sequence[Span], found: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Pairs of same label, best intersection over union first, one to one."""
    scored = [(_iou(g, f), g, f) for g in gold for f in found if g.label == f.label]
    pairs: list[tuple[Span, Span]] = []
    free_gold, free_found = Counter(gold), Counter(found)
    for share, g, f in sorted(scored, key=lambda item: (-item[0], item[1], item[2])):
        if share >= OVERLAP and free_gold[g] > 0 and free_found[f] > 0:
            free_gold[g] -= 1
            free_found[f] -= 1
            pairs.append((g, f))
    return pairs


def _iou(one: Span, other: Span) -> float:
    inside = min(one.end, other.end) - max(one.start, other.start)
    return 0.0 if inside <= 0 else inside / (max(one.end, other.end) - min(one.start, other.start))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
