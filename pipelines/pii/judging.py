"""Judging against gold sets: figures of each kind, and every error as a span."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.records.errors import NotFoundError
from transforms.pii.evaluate import CORE, STRUCT, Evaluation, Tally, evaluate, match, predict
from transforms.pii.gold import LABEL, GoldDocument, Span
from transforms.pii.layouts import read_layout

_LAYOUTS = (".jsonl", ".tsv", ".bio", ".conll")  # a .json may be anything: it is read where it is named itself
_KNOWN = frozenset(LABEL.values())  # labels that some kind of ours answers to


def gold_files(paths: Sequence[Path]) -> list[Path]:
    """Files, and the gold sets right below directories.

    Raises:
        NotFoundError: nothing there.
    """
    found = []
    for path in paths:
        inside = sorted(p for p in path.glob("*") if p.suffix in _LAYOUTS) if path.is_dir() else [path]
        if not inside or not inside[0].exists():
            raise NotFoundError(f"{path}: no gold set; give JSON Lines of {{text, spans: [{{start, end, label}}]}}")
        found += inside
    return found


def read_sets(paths: Sequence[Path]) -> list[GoldDocument]:
    """Documents of every set.

    Raises:
        ConfigError, NotFoundError: as `read_layout` and `gold_files`.
    """
    return [document for path in gold_files(paths) for document in read_layout(path)]


def judge(documents: Sequence[GoldDocument], at_least: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Figures as plain values, and the errors: spans that were missed, made up, or named otherwise."""
    found = predict(documents, at_least)
    judged = evaluate(documents, found)
    figures = {"documents": len(documents), "at_least": at_least, "groups": _groups(judged)}
    figures["labels"] = {label: _figures(tally) for label, tally in sorted(judged.labels.items())}
    figures["confusion"] = [[*pair, count] for pair, count in sorted(judged.confusion.items())]
    used: dict[str, set[str]] = {}
    for document in documents:
        used.setdefault(document.set, set()).update(span.label for span in document.spans)
    errors = [
        error
        for document, spans in zip(documents, found, strict=True)
        for error in _errors(document, [span for span in spans if span.label in used[document.set]])
    ]
    return figures, errors


def _groups(judged: Evaluation) -> dict[str, Any]:
    groups = {"STRUCT": STRUCT, "CORE": CORE, "ALL": sorted(_KNOWN & judged.labels.keys())}
    return {name: _figures(_pooled(judged.labels, labels)) for name, labels in groups.items()}


def _pooled(tallies: Mapping[str, Tally], labels: Sequence[str]) -> Tally:
    total = Tally()
    for label in labels:
        total.add(tallies.get(label, Tally()))
    return total


def _figures(tally: Tally) -> dict[str, float | int]:
    """Overlap and exact precision, recall and F1; leak; counts."""
    overlap = tally.figures()
    exact = Tally(gold=tally.gold, found=tally.found, overlap=tally.exact).figures()
    return overlap | {f"exact_{name}": exact[name] for name in ("precision", "recall", "f1")}


def _errors(document: GoldDocument, spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
    """Gold spans without a match, with what was found there instead, and found spans that meet no such gold span."""
    pairs = match(document.spans, spans)
    missed = [span for span in document.spans if span not in {gold for gold, _ in pairs}]
    extra = [span for span in spans if span not in {found for _, found in pairs}]
    for gold in missed:
        instead = next((span for span in extra if _meet(gold, span)), None)
        yield _error(document, gold, instead)
    for span in extra:
        if not any(_meet(gold, span) for gold in missed):
            yield _error(document, None, span)


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _error(document: GoldDocument, gold: Span | None, found: Span | None) -> dict[str, Any]:
    return {"set": document.set, "doc": document.id, "gold": _place(gold), "found": _place(found)}


def _place(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else {"label": span.label, "start": span.start, "end": span.end}


def error_lines(errors: Sequence[Mapping[str, Any]]) -> str:
    """Errors as JSON lines; no text."""
    return "".join(json.dumps(error, ensure_ascii=False) + "\n" for error in errors)
