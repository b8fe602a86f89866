"""Plants files and records that cannot be read, each beside good ones, in the corpus whose format it breaks."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Damage:
    """One broken thing: where it is, whether an item or a document breaks, and the codes that fit it."""

    corpus: str
    item: str
    kind: str
    unit: str
    codes: tuple[str, ...]
    data: bytes
    count: int = 1


def damages(sentences: list[str]) -> Iterator[Damage]:
    """Every broken file, with contents; `sentences` are what the good records in them say."""
    yield from _letters([_letter(f"broken-{n:03}", text) for n, text in enumerate(sentences)])
    yield from _tables(sentences)
    notice = "\n".join(sentences[:6])
    yield Damage(
        "notices-text",
        "2019/johab.txt",
        "johab",
        "item",
        ("unsupported_encoding", "bad_encoding"),
        notice.encode("johab"),
    )
    stub = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"HWP Document File" + bytes(487)
    yield Damage("notices-text", "2019/notice.hwp", "hwp", "item", ("unsupported_format",), stub)
    yield Damage("notices-text", "2019/blank.txt", "empty_file", "item", ("empty_item", "empty_text"), b"")


def _letter(native_id: str, body: str | None, **changed: Any) -> dict[str, Any]:
    return {
        "meta": {"id": native_id, "issued": "2023-04-05", "office": {"name": ""}, "link": ""},
        "document": {"title": "", "body": body, "subject": ""} | changed,
    }


def _letters(good: list[dict[str, Any]]) -> Iterator[Damage]:
    """In the letters: JSON Lines, plain and gzipped. Each record is used once, so that no id repeats by accident."""
    lines = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in good]
    packed = gzip.compress(b"".join(lines[:4]), mtime=0)
    yield _in_letters(
        "truncated.jsonl.gz", "truncated_gzip", "item", ("truncated", "corrupt"), packed[: len(packed) // 2]
    )
    half = lines[5][: len(lines[5]) // 2].decode("utf-8", "ignore").encode() + b"\n"
    yield _in_letters("half-line.jsonl", "broken_json", "document", ("bad_record",), lines[4] + half + lines[6])
    bad = lines[8].replace(b'"body": "', b'"body": "\xff\xfe', 1)
    yield _in_letters("bad-bytes.jsonl", "invalid_utf8", "document", ("bad_encoding",), lines[7] + bad + lines[9])
    null = json.dumps(_letter("broken-null", None), ensure_ascii=False).encode() + b"\n"
    yield _in_letters("null-body.jsonl", "null_text", "document", ("null_text",), lines[10] + null)
    missing = json.dumps({"meta": good[0]["meta"] | {"id": "broken-missing"}, "document": {}}).encode() + b"\n"
    yield _in_letters("no-body.jsonl", "missing_field", "document", ("missing_field", "null_text"), lines[11] + missing)
    again = json.dumps(_letter("broken-012", good[13]["document"]["body"]), ensure_ascii=False).encode() + b"\n"
    yield _in_letters("same-id.jsonl", "duplicate_native_id", "document", ("duplicate_native_id",), lines[12] + again)
    yield _in_letters("empty.jsonl", "empty_file", "item", ("empty_item",), b"")


def _in_letters(item: str, kind: str, unit: str, codes: tuple[str, ...], data: bytes) -> Damage:
    return Damage("office-letters", item, kind, unit, codes, data)


def _tables(sentences: list[str]) -> Iterator[Damage]:
    out = io.BytesIO()
    pq.write_table(pa.table({"paper_id": ["lost-1", "lost-2"], "abstract": sentences[:2]}), out)
    data = out.getvalue()
    codes = ("truncated", "corrupt", "unreadable")
    yield Damage("paper-abstracts", "truncated.parquet", "truncated_parquet", "item", codes, data[: len(data) * 2 // 3])
    yield Damage(
        "paper-records",
        "cut.xml",
        "truncated_xml",
        "item",
        ("truncated", "corrupt", "bad_record"),
        _cut_xml(sentences[0]),
    )


def _cut_xml(sentence: str) -> bytes:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<records>\n<record id="lost-3"><title>끊긴 기록</title><description>'
    )
    return (head + sentence[: len(sentence) // 2]).encode()


def write_damages(root: Path, found: list[Damage]) -> None:
    """Writes them below `root`."""
    for damage in found:
        path = root / damage.corpus / damage.item
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damage.data)
