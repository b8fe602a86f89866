"""Reads texts with marked spans in the layouts the field uses, and keeps a test part that nothing is tuned on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from governance.records.errors import ConfigError
from transforms.pii.kinds import Kind

TEST_SHARE = 77  # of 256 values of the first hash byte: 30 %

# Malmoi's kinds in the words of the gold sets (data README: labels).
LABEL: dict[Kind, str] = {
    Kind.RESIDENT_NUMBER: "RRN",
    Kind.FOREIGNER_NUMBER: "FRN",
    Kind.PASSPORT: "PASSPORT",
    Kind.DRIVER_LICENCE: "DRIVER",
    Kind.BUSINESS_NUMBER: "BRN",
    Kind.CORPORATE_NUMBER: "CORP",
    Kind.ACCOUNT: "ACCOUNT",
    Kind.CARD: "CARD",
    Kind.PHONE: "PHONE",
    Kind.EMAIL: "EMAIL",
    Kind.IP_ADDRESS: "IP",
    Kind.PLATE: "PLATE",
    Kind.ADDRESS: "ADDRESS",
    Kind.NAME: "NAME",
    Kind.BIRTH_DATE: "DOB",
    Kind.AGE: "AGE",
    Kind.POSTAL_CODE: "POSTAL",
    Kind.URL: "URL",
    Kind.MEMBER_NUMBER: "ID",
    Kind.HEALTH_INSURANCE: "ID",
    Kind.CUSTOMS_CODE: "ID",
    Kind.ORGANISATION: "ORG",
}


class Span(NamedTuple):
    """Half-open code points and what stands there."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class GoldDocument:
    """A text with its spans, and the set it belongs to."""

    id: str
    text: str
    spans: tuple[Span, ...]
    set: str


def is_test(text: str) -> bool:
    """Whether a text belongs to the part that training and tuning never see; by its hash, so copies stay together."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] < TEST_SHARE


def read_gold(path: Path) -> Iterator[GoldDocument]:
    """Documents of a JSONL file: {text, spans: [{start, end, label}]}, or spans as [start, end, label], or `pii`.

    Fields: `text` or `prompt`; `spans` as objects or triples; without spans, `pii: [{type, text}]`, each looked up in
    order. Offsets are half-open code points.

    Raises:
        ConfigError: names the lines that are no such object, or whose spans lie outside the text.
    """
    problems: list[str] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield document_of(json.loads(line), path.stem, number)
            except (ValueError, KeyError, TypeError) as error:
                problems.append(f"{path.name}:{number}: {type(error).__name__}, expected text and spans")
    if problems:
        raise ConfigError(problems)


def document_of(record: dict[str, Any], name: str, number: int) -> GoldDocument:
    """A document of a record with `text` or `prompt`, and `spans` or `pii`.

    Raises:
        ValueError, KeyError, TypeError: it has another shape, or a span lies outside its text.
    """
    text = record["text"] if "text" in record else record["prompt"]
    spans = [_span(raw) for raw in record["spans"]] if "spans" in record else _look_up(text, record["pii"])
    if not all(0 <= span.start < span.end <= len(text) for span in spans):
        raise ValueError("a span outside its text")
    return GoldDocument(str(record.get("id", number)), text, tuple(sorted(spans)), name)


def _span(raw: Any) -> Span:
    if isinstance(raw, dict):
        return Span(int(raw["start"]), int(raw["end"]), str(raw["label"]))
    return Span(int(raw[0]), int(raw[1]), str(raw[2]))


def _look_up(text: str, values: list[dict[str, str]]) -> list[Span]:
    spans, after = [], 0
    for value in values:
        start = text.find(value["text"], after)
        start = text.index(value["text"]) if start < 0 else start
        after = start + len(value["text"])
        spans.append(Span(start, after, value["type"]))
    return spans
