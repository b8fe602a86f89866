"""Benchmark files become items with the publisher's ids."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.records.errors import ConfigError
from transforms.decontaminate.items import Items, read_items

ROWS = [
    {"guid": "a-1", "premise": "비가 온다.", "hypothesis": "날씨가 맑다.", "gold_label": "contradiction"},
    {"guid": "a-2", "premise": "눈이 온다.", "hypothesis": "겨울이다.", "gold_label": "neutral"},
]


def parquet(rows: list[dict[str, str]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


FILES = {
    "json": json.dumps(ROWS).encode(),
    "jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode() + b"\n\n",
    "tsv": "\n".join(["guid\tpremise\thypothesis", *("\t".join(list(row.values())[:3]) for row in ROWS)]).encode(
        "utf-8-sig"
    ),
    "parquet": parquet(ROWS),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_gives_the_same_items(kind: str) -> None:
    found = read_items("nli", FILES[kind], kind)
    assert (found.suite, found.ids) == ("nli", ("a-1", "a-2"))
    assert found.texts.to_pylist() == ["비가 온다.\n날씨가 맑다.", "눈이 온다.\n겨울이다."]


def test_quotes_in_tsv_are_text() -> None:
    found = read_items("nli", 'sentence1\tsentence2\tgold_label\n그는 "네\t아니오"\tneutral\n'.encode(), "tsv")
    assert found.texts.to_pylist() == ['그는 "네\n아니오"']


def test_row_numbers_stand_in_where_ids_are_missing_or_repeat() -> None:
    twice = "ID\tText\tLabel\n1\t좋다\t1\n1\t나쁘다\t0\n"
    assert read_items("s", twice.encode(), "tsv").ids == ("1", "2")
    assert read_items("s", "text\n하나\n둘\n".encode(), "tsv").ids == ("1", "2")


def test_columns_can_be_named() -> None:
    found = read_items("own", "문제\t답\n가\t나\n".encode(), "tsv", ["문제", "답"])
    assert found.texts.to_pylist() == ["가\n나"]


WRONG = {
    "an unknown kind": (b"", "xlsx", (), "unknown kind 'xlsx'"),
    "no JSON": (b"{", "json", (), "not json"),
    "JSON of another shape": (b'{"a": 1}', "json", (), "not json"),
    "bytes that are no UTF-8": (b"text\n\xb0\xa1\n", "tsv", (), "not tsv"),
    "no Parquet": (b"PAR", "parquet", (), "not parquet"),
    "columns of no layout": (b"x\ty\n1\t2\n", "tsv", (), "name the text columns"),
    "an empty file": (b"", "tsv", (), "name the text columns"),
    "a named column that is not there": (b"x\ty\n1\t2\n", "tsv", ("z",), "no column 'z'"),
}


@pytest.mark.parametrize(("data", "kind", "fields", "sentence"), WRONG.values(), ids=WRONG)
def test_a_file_that_cannot_be_read_says_why_and_never_quotes_it(
    data: bytes, kind: str, fields: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_items("s", data, kind, fields)


def test_ids_must_fit_the_texts() -> None:
    texts = pa.array(["가", "나"], pa.large_string())
    with pytest.raises(ConfigError, match="1 ids for 2 texts"):
        Items("s", ("a",), texts)
    with pytest.raises(ConfigError, match="unique"):
        Items("s", ("a", "a"), texts)


PUBLISHED = {
    "kobest/BoolQ/test.tsv": (1404, "1"),
    "kobest/COPA/dev.tsv": (500, "1"),
    "kobest/HellaSwag/test.tsv": (500, "1"),
    "kobest/SentiNeg/test.tsv": (397, "3394"),
    "kobest/WiC/dev.tsv": (610, "1"),
    "klue/klue-nli_dev.json": (3000, "klue-nli-v1_dev_00000"),
    "kor-nlu/xnli.dev.ko.tsv": (2490, "1"),
    "kor-nlu/sts-dev.tsv": (1500, "1"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_are_read_whole(name: str, real_data: Path) -> None:
    path = real_data / "academic" / "benchmarks" / name
    found = read_items(path.stem, path.read_bytes(), path.suffix[1:])
    assert (len(found.ids), found.ids[0]) == PUBLISHED[name]
    assert all(text for text in found.texts.to_pylist())
