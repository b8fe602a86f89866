"""The real texts, normalised, by source; titles and bodies as a connector would give them."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from resiliparse.extract.html2text import extract_plain_text

from transforms.decontaminate.items import Items, read_items
from transforms.text.normalise import normalise

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_NOT_TEXT = {"LICENSE", "SOURCE.json", "NOTICE.md", "manifest.jsonl"}


def data_directory() -> Path:
    """The real data: MALMOI_DATA, else beside the checkout."""
    return Path(os.environ.get("MALMOI_DATA") or Path(__file__).parents[4] / "shared" / "data")


def files(folder: str) -> list[Path]:
    """Data files below a folder, sorted."""
    return [p for p in sorted((data_directory() / folder).rglob("*")) if p.is_file() and p.name not in _NOT_TEXT]


def corpora() -> dict[str, pa.LargeStringArray]:
    """Every source's documents, normalised."""
    return {name: normalise(pa.array(list(read()), pa.large_string())) for name, read in SOURCES.items()}


def decisions(part: int = 0) -> pa.LargeStringArray:
    """Court decisions of one file of the scale corpus, as they came."""
    table = pq.read_table(data_directory() / "scale" / f"precedents-{part:02}.parquet", columns=["text"])
    return table["text"].combine_chunks()


def suites() -> list[Items]:
    """The published benchmark suites."""
    root = data_directory() / "academic" / "benchmarks"
    paths = [*sorted(root.rglob("*.tsv")), root / "klue" / "klue-nli_dev.json"]
    return [read_items(f"{p.parent.name}-{p.stem}", p.read_bytes(), p.suffix[1:]) for p in paths]


def checksum(corpus: pa.LargeStringArray) -> str:
    """SHA-256 over a corpus' bytes."""
    return hashlib.sha256(corpus.buffers()[2] or b"").hexdigest()


def _plain(folder: str) -> Callable[[], Iterable[str]]:
    return lambda: (_FRONT_MATTER.sub("", path.read_text()) for path in files(folder))


def _html(folder: str) -> Callable[[], Iterable[str]]:
    return lambda: (extract_plain_text(p.read_text(), main_content=True) for p in files(folder) if p.suffix == ".html")


def _petitions() -> Iterable[str]:
    for path in files("gov/petitions"):
        for line in path.open():
            record = json.loads(line)
            yield f"{record['title']}\n{record['content']}"


def _reviews() -> Iterable[str]:
    for path in files("private/nsmc_raw"):
        yield from (record["review"] for record in json.loads(path.read_text()))


def _comments() -> Iterable[str]:
    for path in files("private/comments"):
        if path.suffix == ".txt":
            yield from path.read_text().splitlines()


def _chat() -> Iterable[str]:
    for path in files("private/chatbot"):
        with path.open() as lines:
            yield from (f"{record['Q']}\n{record['A']}" for record in csv.DictReader(lines))


SOURCES: dict[str, Callable[[], Iterable[str]]] = {
    "petitions": _petitions,
    "statutes": _plain("gov/laws_md"),
    "decisions": _plain("gov/precedents_md"),
    "press": _plain("gov/press_release"),
    "encyclopaedia": _plain("private/wikipedia_txt"),
    "manual pages": _html("private/html_libreoffice"),
    "installation guide": _html("private/html_debian"),
    "programming guide": _plain("private/md_react"),
    "reviews": _reviews,
    "comments": _comments,
    "chat": _chat,
}
