"""Gold sets in the layouts that they are published in, each told by what is in it.

spans      {text | prompt, spans: [{start, end, label}] or [start, end, label]}   ours, ko-pii, nufi-security
pii        {text, pii: [{type, text}]}                                             ko-pii's generated sets
entities   {text, entities: […]} or {text, label: [[start, end, label]]}           spaCy, doccano
vectors    {text, expected_positions: [[start, end]]}                              Presidio's test vectors; the label
                                                                                   is in the file's name
studio     [{data: {text}, annotations | completions: [{result: […]}]}]            Label Studio's JSON export
characters CHAR <tab> B-TAG, a blank line between sentences                        KLUE-NER
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from governance.records.errors import ConfigError
from transforms.pii.gold import GoldDocument, Span, document_of
from transforms.pii.labels import common_label

_VECTOR_KINDS = ("rrn", "frn", "brn", "passport", "driver")
_OUTSIDE = "O"


def read_layout(path: Path) -> Iterator[GoldDocument]:
    """Documents of a gold set, with labels in one vocabulary.

    Raises:
        ConfigError: names the lines that are in none of the layouts, or whose spans lie outside the text.
    """
    head = path.open("rb").read(2)
    if path.suffix in (".tsv", ".bio", ".conll"):
        yield from _characters(path)
    elif path.suffix == ".json" or head.lstrip()[:1] == b"[":
        yield from _studio(path)
    else:
        yield from _objects(path)


def _objects(path: Path) -> Iterator[GoldDocument]:
    problems = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield _common(document_of(_as_spans(json.loads(line), path), path.stem, number))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                problems.append(f"{path.name}, line {number}: {type(error).__name__}, expected text and spans")
    if problems:
        raise ConfigError(problems)


def _as_spans(record: dict[str, Any], path: Path) -> dict[str, Any]:
    """The record with its spans under `spans`."""
    if "spans" in record:
        return record
    if "pii" in record:
        return record | {"spans": _everywhere(record["text"], record["pii"])}
    if "expected_positions" in record:
        label = next((kind for kind in _VECTOR_KINDS if kind in path.stem), None)
        if label is None:
            raise KeyError("label")
        return record | {"spans": [[start, end, label] for start, end in record["expected_positions"]]}
    name = next((name for name in ("entities", "label", "labels") if name in record), "spans")
    return record | {"spans": record[name]}


def _everywhere(text: str, values: list[dict[str, str]]) -> list[list[Any]]:
    """Every place of every value, the longer ones first: such sets list a value once, however often it stands there.

    Raises:
        ValueError: a value that is not in the text.
    """
    taken, spans = bytearray(len(text)), list[list[Any]]()
    for value in sorted(values, key=lambda value: -len(value["text"])):
        start = text.index(value["text"])
        while start >= 0:
            end = start + len(value["text"])
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                spans.append([start, end, value["type"]])
            start = text.find(value["text"], end)
    return spans


def _common(document: GoldDocument) -> GoldDocument:
    spans = tuple(Span(span.start, span.end, common_label(span.label)) for span in document.spans)
    return GoldDocument(document.id, document.text, spans, document.set)


def _studio(path: Path) -> Iterator[GoldDocument]:
    try:
        tasks = json.loads(path.read_text(encoding="utf-8"))
        found = [_task(task, path.stem, number) for number, task in enumerate(tasks, 1)]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ConfigError(f"{path.name}: {type(error).__name__}, expected an export of Label Studio (JSON)") from None
    yield from map(_common, found)


def _task(task: dict[str, Any], name: str, number: int) -> GoldDocument:
    answers = task.get("annotations") or task.get("completions") or [{"result": []}]
    values = [result["value"] for result in answers[0]["result"] if "start" in result["value"]]
    spans = [[v["start"], v["end"], (v.get("labels") or v.get("hypertextlabels"))[0]] for v in values]
    return document_of({"id": task.get("id", number), "text": task["data"]["text"], "spans": spans}, name, number)


def _characters(path: Path) -> Iterator[GoldDocument]:
    """One sign a line; signs of one sentence joined, and spans from B- to the last I- of the same tag."""
    name, signs, tags = "", list[str](), list[str]()
    number = 0
    with path.open(encoding="utf-8") as lines:
        for line in [*lines, "\n"]:
            stripped = line.rstrip("\n")
            if stripped.startswith("##") and not signs:
                name = stripped[2:].strip().split("\t")[0]
            elif "\t" in stripped:
                sign, _, tag = stripped.rpartition("\t")
                signs.append(sign)
                tags.append(tag)
            elif signs:
                number += 1
                yield GoldDocument(name or str(number), "".join(signs), tuple(_tagged(signs, tags)), path.stem)
                name, signs, tags = "", [], []


def _tagged(signs: list[str], tags: list[str]) -> Iterator[Span]:
    place, start, label = 0, -1, _OUTSIDE
    for sign, tag in [*zip(signs, tags, strict=True), ("", _OUTSIDE)]:
        position, _, kind = tag.partition("-")
        if start >= 0 and (position != "I" or kind != label):
            yield Span(start, place, common_label(label))
            start = -1
        if position == "B" or (position == "I" and start < 0):
            start, label = place, kind
        place += len(sign)
