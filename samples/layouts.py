"""How each corpus lies on disk: one function a format, all of them giving the same bytes for the same documents."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from samples.document import Document
from samples.grammar import Grammar
from samples.legacy import in_cp949


@dataclass(frozen=True)
class Placed:
    """A document and the file, relative to the corpus, that it was written to."""

    item: str
    document: Document
    named: bool = True  # False: the file is the document, and it has no id of its own
    markup: bool = False  # True: its text is extracted from a page, so that line ends and what precedes it may differ


Layout = Callable[[Path, Sequence[Document], Grammar, Random], Iterator[Placed]]


def _chunks(documents: Sequence[Document], count: int) -> Iterator[tuple[int, Sequence[Document]]]:
    size = -(-len(documents) // count)
    for number in range(count):
        part = documents[number * size : (number + 1) * size]
        if part:
            yield number, part


def _lines(rows: Iterator[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def letter_row(document: Document) -> dict[str, Any]:
    """An official letter as the archive exports it: nested, the body under `document`, the rest under `meta`."""
    return {
        "meta": {
            "id": document.native_id,
            "issued": document.date,
            "office": {"name": document.author.text},
            "link": document.url.text,
        },
        "document": {"title": document.title.text, "body": document.text.text, "subject": document.domain},
    }


def nested_jsonl(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """JSON Lines with nested fields; the last file is gzipped."""
    for number, part in _chunks(documents, 5):
        name = f"letters-{2020 + number}.jsonl" + (".gz" if number == 4 else "")
        data = _lines(letter_row(document) for document in part)
        (root / name).write_bytes(gzip.compress(data, mtime=0) if number == 4 else data)
        yield from (Placed(name, document) for document in part)


def flat_jsonl(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """JSON Lines with flat fields under other names."""
    for number, part in _chunks(documents, 2):
        name = f"posts-{number}.jsonl"
        rows = (
            {
                "post_id": d.native_id,
                "subject": d.title.text,
                "content": d.text.text,
                "written": d.date,
                "by": d.author.text,
            }
            for d in part
        )
        (root / name).write_bytes(_lines(rows))
        yield from (Placed(name, document) for document in part)


def plain_text(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """One UTF-8 text file a document, in directories by year."""
    for number, document in enumerate(documents):
        name = f"{document.date[:4]}/notice-{number:04}.txt"
        _write(root / name, document.text.text.encode())
        yield Placed(name, document, named=False)


def utf16_text(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """One UTF-16 text file a document, byte order mark first, DOS line ends."""
    for number, document in enumerate(documents):
        name = f"mail-{number:04}.txt"
        _write(root / name, b"\xff\xfe" + document.text.text.replace("\n", "\r\n").encode("utf-16-le"))
        yield Placed(name, document, named=False)


def markdown(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """Markdown with YAML front matter."""
    for number, document in enumerate(documents):
        name = f"notice-{number:04}.md"
        head = {
            "id": document.native_id,
            "title": document.title.text,
            "author": document.author.text,
            "date": document.date,
            "url": document.url.text,
            "subject": document.domain,
        }
        front = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items())
        _write(root / name, f"---\n{front}---\n{document.text.text}\n".encode())
        yield Placed(name, document)


def parquet(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """Parquet in several files of several row groups."""
    for number, part in _chunks(documents, 3):
        name = f"abstracts-{number}.parquet"
        table = pa.table(
            {
                "paper_id": [d.native_id for d in part],
                "title": [d.title.text for d in part],
                "abstract": [d.text.text for d in part],
                "authors": [d.author.text for d in part],
                "published": [d.date for d in part],
                "doi": [d.url.text for d in part],
                "field": [d.domain for d in part],
                "year": pa.array([int(d.date[:4]) for d in part], pa.int32()),
            }
        )
        pq.write_table(table, root / name, compression="zstd", row_group_size=100)
        yield from (Placed(name, document) for document in part)


def xml(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """XML, many records a file."""
    for number, part in _chunks(documents, 3):
        name = f"records-{number}.xml"
        records = "".join(
            f'<record id="{d.native_id}">\n<title>{escape(d.title.text)}</title>\n'
            f"<creator>{escape(d.author.text)}</creator>\n"
            f"<date>{d.date}</date>\n<link>{escape(d.url.text)}</link>\n<subject>{d.domain}</subject>\n"
            f"<description>{escape(d.text.text)}</description>\n</record>\n"
            for d in part
        )
        _write(root / name, f'<?xml version="1.0" encoding="UTF-8"?>\n<records>\n{records}</records>\n'.encode())
        yield from (Placed(name, document) for document in part)


def cp949_csv(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """CSV in CP949 with quoted line breaks, as spreadsheets save it."""
    for number, part in _chunks(documents, 4):
        name = f"calls-{number + 1}.csv"
        rows = [[d.native_id, d.date, d.title.text, d.author.text, d.text.text] for d in part]
        _write(root / name, _table(["통화번호", "일자", "제목", "상담원", "내용"], rows, ",").encode("cp949"))
        yield from (Placed(name, document) for document in part)


def tsv(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """Tab separated values, one review a line."""
    for number, part in _chunks(documents, 1):
        name = f"reviews-{number}.tsv"
        rows = [[d.native_id, d.title.text, d.text.text, d.date] for d in part]
        _write(root / name, _table(["id", "product", "review", "written_on"], rows, "\t").encode())
        yield from (Placed(name, document) for document in part)


def json_arrays(root: Path, documents: Sequence[Document], _: Grammar, __: Random) -> Iterator[Placed]:
    """JSON, one array of calls a file, with a speaker field."""
    for number, part in _chunks(documents, 6):
        name = f"transcripts-{number}.json"
        rows = [
            {"call": d.native_id, "topic": d.title.text, "speaker": d.author.text, "text": d.text.text, "on": d.date}
            for d in part
        ]
        _write(root / name, json.dumps(rows, ensure_ascii=False, indent=1).encode())
        yield from (Placed(name, document) for document in part)


def html(root: Path, documents: Sequence[Document], grammar: Grammar, rng: Random) -> Iterator[Placed]:
    """Web pages under menus and footers: the even ones in CP949 where it holds their signs, the others in UTF-8."""
    for number, document in enumerate(documents):
        name = f"page-{number:04}.html"
        legacy = number % 2 == 0 and in_cp949(document.text.text)
        page = _page(document, grammar, rng, "euc-kr" if legacy else "utf-8")
        _write(root / name, page.encode("cp949", "xmlcharrefreplace") if legacy else page.encode())
        yield Placed(name, document, named=False, markup=True)


def _page(document: Document, grammar: Grammar, rng: Random, charset: str) -> str:
    menu = grammar.rules["web.menu"]
    items = "".join(f'<li><a href="/m/{n}">{word}</a></li>' for n, word in enumerate(rng.sample(menu, 12)))
    related = "".join(f'<li><a href="/p/{n}">{escape(grammar.say("web.title", rng))}</a></li>' for n in range(6))
    body = "".join(f"<p>{escape(line)}</p>\n" for line in document.text.text.split("\n"))
    footer = "".join(f"<p>{line}</p>" for line in grammar.rules["boilerplate.web"])
    title, author = escape(document.title.text), escape(document.author.text)
    return (
        f'<!DOCTYPE html>\n<html lang="ko"><head><meta charset="{charset}"><title>{title}</title>\n'
        f'<meta name="author" content="{author}"><meta property="article:published_time" content="{document.date}">\n'
        f'<link rel="canonical" href="{escape(document.url.text)}"><style>body{{margin:0}}</style>\n'
        f"<script>window.count = {rng.randrange(1000)};</script></head>\n<body>\n<nav><ul>{items}</ul></nav>\n"
        f"<main><article>\n<h1>{title}</h1>\n{body}</article></main>\n"
        f'<aside><ul class="related">{related}</ul></aside>\n'
        f"<footer>{footer}</footer>\n</body></html>\n"
    )


def _table(header: list[str], rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([header, *rows])
    return out.getvalue()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
