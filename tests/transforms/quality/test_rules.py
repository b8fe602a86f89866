"""Measures: what each counts, equal to the plain statement, whatever the batch."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.records.schemas import MEASURES
from tests.transforms.quality.plain import measures
from tests.transforms.text.alphabets import ALPHABET, rows
from transforms.quality import points
from transforms.quality.rules import RULES, measure

WORDS = [
    "가",
    "나다",
    "라마바",
    "ab",
    "1.",
    "다.",
    "끝!",
    "https://a.kr/b?c=1",
    "www.",
    "HTTP://X",
    "\n",
    "\n\n",
    "\t",
    "“ㅋㅋㅋ”",
    "占쏙옙",
    "ÀÉà•",
    "\ufffd",
]
sentences = st.lists(st.sampled_from(WORDS), max_size=80).map(" ".join)
texts = st.one_of(sentences, st.text(st.sampled_from(ALPHABET), max_size=80))

EXAMPLES: dict[str, tuple[str, str, float]] = {
    "syllables leave jamo out": ("syllables", "가 나ㅋㅋ", 2),
    "eojeol are words between any blanks": ("eojeol", " 가나\t다\u3000라\n마 ", 4),
    "lines that are not blank": ("lines", "가\n\n \n나\n", 2),
    "Hangul counts jamo": ("hangul_share", "가ㅋab", 0.5),
    "Hanja of every block": ("hanja_share", "理\uf9e4\U00020000가", 0.75),
    "Latin of every width": ("latin_share", "aÉＡ가", 0.75),  # noqa: RUF001
    "digits of every width": ("digit_share", "1１٣가", 0.75),
    "symbols are punctuation and signs": ("symbol_share", ".+₩가", 0.75),
    "a URL ends before a particle": ("url_share", "http://a.kr에서", 11 / 13),
    "a URL ends before a quote": ("url_share", '"www.a.kr"', 8 / 10),
    "a word that only begins like one": ("url_share", "httpx wwwx ht", 0),
    "characters of an eojeol": ("mean_eojeol_chars", "가나 다라마바", 3),
    "a line again": ("repeated_line_share", "가나다\n라\n가나다", 3 / 9),
    "a line again but for its blanks": ("repeated_line_share", "가 나\n 가  나 ", 4 / 10),
    "the longest run of one sign": ("longest_run", "ㅋㅋㅋㅋ!!", 4),
    "blanks are no run": ("longest_run", "가      나", 1),
    "five words again": ("repeated_ngram_share", "가 나 다 라 마 가 나 다 라 마", 9 / 19),
    "one word on and on": ("repeated_ngram_share", "아 아 아 아 아 아 아", 11 / 13),
    "four words again are not five": ("repeated_ngram_share", "가 나 다 라 가 나 다 라", 0),
    "sentences end": ("sentence_end_share", "그렇다.\n그래요\n“정말?”\n제1조 목적\n1.\n2024. 3. 5.", 0.5),
    "a replacement character": ("replacement_share", "가\ufffd", 0.5),
    "what CP949 makes of it": ("replacement_share", "占쏙옙가", 0.75),
    "CP949 read as Latin": ("replacement_share", "¾È³ç", 1),
    "accents are no damage": ("replacement_share", "café naïve «ñandú» “…”", 0),
}


def large(values: list[str | None]) -> pa.LargeStringArray:
    return pa.array(values, pa.large_string())


def test_there_is_one_rule_for_each_measure_in_its_order() -> None:
    assert list(RULES) == list(MEASURES)
    assert all(name == rule.name and rule.version >= 1 and rule.unit and rule.source for name, rule in RULES.items())
    assert RULES["url_share"].id == "url_share@1"


@pytest.mark.parametrize(("name", "text", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_measure_counts_what_it_says(name: str, text: str, expected: float) -> None:
    assert measure(large([text])).field(name).to_pylist() == [expected]
    assert measures(text)[name] == expected


@settings(max_examples=500)
@given(st.lists(texts, max_size=5))
def test_measures_are_what_the_plain_statement_says(values: list[str]) -> None:
    assert measure(pa.array(values, pa.large_string())).to_pylist() == [measures(value) for value in values]


def test_every_code_point_is_classed_as_the_plain_statement_says() -> None:
    edges = (*range(0x3500), *range(0x4DB0, 0x4E20), *range(0x9FE0, 0xAC20), *range(0xD790, 0xD800))
    more = (*range(0xF8F0, 0x11000), *range(0x1B000, 0x1B200), *range(0x1D400, 0x20010), *range(0x31340, 0x31360))
    values: list[str | None] = [f"가{chr(p)}b" for p in edges + more]
    found = measure(large(values)).to_pylist()
    assert [k for k, value in enumerate(values) if found[k] != measures(str(value))] == []


@given(rows, st.integers(1, 400))
def test_slices_do_not_matter(values: list[str | None], slice_bytes: int) -> None:
    whole = measure(large(values))
    kept, points.SLICE_BYTES = points.SLICE_BYTES, slice_bytes
    try:
        assert measure(large(values)).equals(whole)
    finally:
        points.SLICE_BYTES = kept
    assert [measure(large([value])).to_pylist()[0] for value in values] == whole.to_pylist()


def test_a_null_has_no_measures_and_nothing_has_zeros() -> None:
    found = measure(large([None, "", "가"]))
    assert found.type == pa.struct(list(MEASURES.items()))
    assert found.to_pylist()[0] is None
    assert set(found.to_pylist()[1].values()) == {0}
    assert measure(large([])).to_pylist() == []
    assert measure(pa.array(["x", "가나"], pa.string())[1:]).field("syllables").to_pylist() == [2]


def test_shares_of_real_text_equal_what_polars_counts(real_data: Path) -> None:
    table = pq.ParquetFile(real_data / "scale" / "precedents-01.parquet").read_row_group(0, columns=["text"])
    text = table["text"].combine_chunks().slice(0, 400)
    frame = pl.DataFrame({"text": pl.Series(text)})
    visible = pl.col("text").str.count_matches(r"\S")
    expected = frame.select(
        syllables=pl.col("text").str.count_matches("[가-힣]"),
        eojeol=pl.col("text").str.count_matches(r"\S+"),
        lines=pl.col("text").str.count_matches(r"(?m)^.*\S.*$"),
        hanja_share=pl.col("text").str.count_matches(r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}]")
        / visible,
        digit_share=pl.col("text").str.count_matches(r"\p{Nd}") / visible,
        symbol_share=pl.col("text").str.count_matches(r"[\p{P}\p{S}]") / visible,
        mean_eojeol_chars=visible / pl.col("text").str.count_matches(r"\S+"),
    )
    found = measure(text)
    for name in expected.columns:
        assert found.field(name).to_pylist() == expected[name].to_list(), name
