"""Planted items are found in any dress, clean text is left alone, and evidence holds no text."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.transforms.decontaminate.suites import items, passage, reparticled, repunctuated, respaced
from transforms.decontaminate.index import Index, index
from transforms.decontaminate.items import Items, read_items
from transforms.decontaminate.match import EVIDENCE, contaminated
from transforms.text.form import plain_form

Pairs = set[tuple[int, str, str]]


def large(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def pairs(table: pa.Table) -> Pairs:
    return set(zip(*(table[name].to_pylist() for name in ("row", "suite", "item")), strict=True))


def planted(suite: Items, disguise) -> pa.LargeStringArray:  # type: ignore[no-untyped-def]
    rng = random.Random(7)
    return large([f"{passage(rng, 20)}\n{disguise(text, rng)}\n{passage(rng, 20)}" for text in suite.texts.to_pylist()])


def found_share(suite: Items, built: Index, disguise) -> float:  # type: ignore[no-untyped-def]
    known = [k for k, name in enumerate(suite.ids) if any(name == item for _, item in built.items)]
    found = pairs(contaminated(planted(suite, disguise), built))
    return sum((k, suite.suite, suite.ids[k]) in found for k in known) / len(known)


def test_every_verbatim_item_is_found_whole() -> None:
    suite = items(200)
    evidence = contaminated(planted(suite, lambda text, _: text), index([suite]))
    whole = evidence.filter(pa.array([share == 1 for share in evidence["share"].to_pylist()]))
    assert {(k, "bench", f"q{k}") for k in range(200)} <= pairs(whole)


@pytest.mark.parametrize("disguise", [respaced, repunctuated, reparticled])
def test_items_are_found_in_other_dress(disguise) -> None:  # type: ignore[no-untyped-def]
    suite = items(200)
    assert found_share(suite, index([suite]), disguise) >= 0.95


def test_text_without_items_gives_no_evidence() -> None:
    suite = items(50)
    evidence = contaminated(large(["맑은 하늘 아래 아무 일도 없었다. " * 30, "", None]), index([suite]))
    assert evidence.num_rows == 0
    assert evidence.schema == EVIDENCE
    assert contaminated(large(["가"]), index([])).equals(EVIDENCE.empty_table())
    assert contaminated(large([]), index([suite])).equals(EVIDENCE.empty_table())


def test_evidence_counts_what_stands_together() -> None:
    text = "하나둘셋넷다섯여섯일곱여덟아홉열"
    built = index([Items("s", ("only",), large([text]))])
    whole = plain_form(text)
    grams = {whole[k : k + 3] for k in range(len(whole) - 2)}
    half = text[: len(text) // 2 + 4]
    evidence = contaminated(large([f"앞 {text} 뒤", f"앞 {half} 뒤"]), built)
    matched = [len(grams), len({g for g in grams if g in f"앞{half}뒤"})]
    assert evidence["matched"].to_pylist() == matched
    assert evidence["share"].to_pylist() == [count / len(grams) for count in matched]


def test_ngrams_far_apart_do_not_add_up() -> None:
    text = "하나둘셋넷다섯여섯일곱여덟아홉열"
    built = index([Items("s", ("only",), large([text]))])
    scattered = ("맑은 하늘에 구름 " * 30).join(text[k : k + 4] for k in range(0, len(text), 4))
    assert contaminated(large([scattered]), built).num_rows == 0


def test_a_document_is_judged_by_itself() -> None:
    suite = items(40)
    text = planted(suite, lambda text, _: text)
    whole = contaminated(text, index([suite]))
    assert pairs(whole) == {
        (k, s, i) for k in range(40) for _, s, i in pairs(contaminated(text[k : k + 1], index([suite])))
    }
    order = list(zip(whole["row"].to_pylist(), whole["item"].to_pylist(), strict=True))
    assert order == sorted(order, key=lambda pair: (pair[0], int(pair[1][1:])))


def test_evidence_and_its_columns_hold_no_text() -> None:
    suite = items(5)
    evidence = contaminated(suite.texts, index([suite]))
    assert set(evidence.column_names) == {"row", "suite", "item", "share", "matched"}
    assert not re.search("[가-힣]", str(evidence.to_pylist()))


def published(real_data: Path) -> list[Items]:
    root = real_data / "academic" / "benchmarks"
    kobest = [f"kobest/{name}.tsv" for name in ("BoolQ/test", "COPA/dev", "WiC/dev", "HellaSwag/dev")]
    files = [*kobest, "klue/klue-nli_dev.json", "kor-nlu/xnli.dev.ko.tsv"]
    return [read_items(name.replace("/", "-"), (root / name).read_bytes(), name.rpartition(".")[2]) for name in files]


def test_published_suites_are_found_and_clean_law_text_is_not(real_data: Path) -> None:
    suites = published(real_data)
    built = index(suites)
    for suite in suites:
        few = Items(suite.suite, suite.ids[:150], suite.texts[:150])
        assert found_share(few, built, lambda text, _: text) == 1
        for disguise in (respaced, repunctuated, reparticled):
            assert found_share(few, built, disguise) >= 0.95
    law = pq.ParquetFile(real_data / "scale" / "precedents-02.parquet").read_row_group(0, columns=["text"])
    text = law["text"].combine_chunks()
    assert len(np.unique(contaminated(text, built)["row"].to_numpy())) < 0.001 * len(text)
