"""Reads every corpus back with other readers than Malmoi's and looks for each planted value at its place."""

import csv
import gzip
import json
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from samples import Planted, Truth

Fields = dict[str, str]


def letters(path: Path) -> dict[str | None, Fields]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in data.splitlines()]
    return {
        r["meta"]["id"]: {
            "text": r["document"]["body"],
            "title": r["document"]["title"],
            "author": r["meta"]["office"]["name"],
        }
        for r in rows
    }


def abstracts(path: Path) -> dict[str | None, Fields]:
    rows = pq.read_table(path).to_pylist()
    return {r["paper_id"]: {"text": r["abstract"], "title": r["title"], "author": r["authors"]} for r in rows}


def records(path: Path) -> dict[str | None, Fields]:
    names = {"text": "description", "title": "title", "author": "creator"}
    return {
        r.get("id"): {field: r.findtext(tag) or "" for field, tag in names.items()}
        for r in ET.parse(path).getroot().iter("record")
    }


def calls(path: Path) -> dict[str | None, Fields]:
    with path.open(encoding="cp949", newline="") as file:
        return {
            r["통화번호"]: {"text": r["내용"], "title": r["제목"], "author": r["상담원"]} for r in csv.DictReader(file)
        }


def reviews(path: Path) -> dict[str | None, Fields]:
    with path.open(encoding="utf-8", newline="") as file:
        return {r["id"]: {"text": r["review"], "title": r["product"]} for r in csv.DictReader(file, delimiter="\t")}


def transcripts(path: Path) -> dict[str | None, Fields]:
    rows = json.loads(path.read_text("utf-8"))
    return {r["call"]: {"text": r["text"], "title": r["topic"], "author": r["speaker"]} for r in rows}


def posts(path: Path) -> dict[str | None, Fields]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {r["post_id"]: {"text": r["content"], "title": r["subject"], "author": r["by"]} for r in rows}


def plain(path: Path) -> dict[str | None, Fields]:
    return {None: {"text": path.read_text("utf-8")}}


def dos(path: Path) -> dict[str | None, Fields]:
    return {None: {"text": path.read_bytes().decode("utf-16").replace("\r\n", "\n")}}


def front_matter(path: Path) -> dict[str | None, Fields]:
    _, head, body = path.read_text("utf-8").split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return {json.loads(fields["id"]): {"text": body}}


READERS: dict[str, Callable[[Path], dict[str | None, Fields]]] = {
    "office-letters": letters,
    "notices-text": plain,
    "notices-markdown": front_matter,
    "paper-abstracts": abstracts,
    "paper-records": records,
    "call-centre": calls,
    "call-transcripts": transcripts,
    "mail-archive": dos,
    "shop-reviews": reviews,
    "letter-mirror": posts,
}


@pytest.mark.parametrize("corpus", sorted(READERS))
def test_planted_values_stand_at_their_code_points(corpus: str, corpora: tuple[Path, Truth]) -> None:
    out, truth = corpora
    by_item: dict[str, list[Planted]] = defaultdict(list)
    for row in truth.rows:
        if row.corpus == corpus and row.what in ("pii", "negative"):
            by_item[row.item].append(row)
    assert by_item
    for item, rows in by_item.items():
        documents = READERS[corpus](out / corpus / item)
        for row in rows:
            assert documents[row.native_id][row.field][row.start : row.end] == row.value


def test_pages_declare_the_encoding_they_are_in(corpora: tuple[Path, Truth]) -> None:
    seen = set()
    for path in (corpora[0] / "web-pages").iterdir():
        data = path.read_bytes()
        charset = "cp949" if b'charset="euc-kr"' in data else "utf-8"
        assert "<article>" in data.decode(charset)
        seen.add(charset)
    assert seen == {"cp949", "utf-8"}


def test_broken_files_are_broken_for_other_readers_too(corpora: tuple[Path, Truth]) -> None:
    root = corpora[0] / "office-letters"
    with pytest.raises(EOFError):
        gzip.decompress((root / "truncated.jsonl.gz").read_bytes())
    with pytest.raises(json.JSONDecodeError):
        letters(root / "half-line.jsonl")
    with pytest.raises(UnicodeDecodeError):
        letters(root / "bad-bytes.jsonl")
    with pytest.raises(ET.ParseError):
        records(corpora[0] / "paper-records" / "cut.xml")
    with pytest.raises(UnicodeDecodeError):
        (corpora[0] / "notices-text" / "2019" / "johab.txt").read_text("cp949")
    assert (root / "empty.jsonl").stat().st_size == 0
