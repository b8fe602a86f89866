"""Repeated lines and paragraphs are found across documents and cut without touching the rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup.passages import cut, find, first_key, part_of, repeats

NOTICE = "저작권자 ⓒ 말모이일보, 무단 전재 및 재배포 금지"


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def numbers(texts: list[str]) -> np.ndarray:
    return np.arange(len(texts), dtype=np.int64)


def cleaned(texts: list[str], rank: list[int] | None = None, **options: Any) -> list[str]:
    settings_ = {"level": "line", "min_chars": 5, "documents_at_least": 2, "keep_first": False} | options
    found = find(column(texts), numbers(texts), level=settings_["level"], min_chars=settings_["min_chars"])
    ranks = pa.table({"doc": numbers(texts), "rank": np.array(rank or range(len(texts)), np.int64)})
    chosen = {k: settings_[k] for k in ("documents_at_least", "keep_first")}
    return cut(column(texts), numbers(texts), repeats(found, ranks, **chosen)).to_pylist()


def test_a_notice_under_many_articles_is_cut_and_the_articles_stay() -> None:
    texts = [f"기사 본문 {i}번입니다.\n{NOTICE}\n이어지는 {i}번째 글." for i in range(4)]
    assert cleaned(texts) == [f"기사 본문 {i}번입니다.\n이어지는 {i}번째 글." for i in range(4)]


def test_the_first_place_by_rank_stays_when_asked() -> None:
    texts = [f"{NOTICE}\n글 {i}" for i in range(3)]
    assert cleaned(texts, rank=[2, 0, 1], keep_first=True) == ["글 0", f"{NOTICE}\n글 1", "글 2"]


def test_repeats_inside_one_document_are_not_repeats_across_documents() -> None:
    assert cleaned([f"{NOTICE}\n{NOTICE}\n", "다른 글입니다"]) == [f"{NOTICE}\n{NOTICE}\n", "다른 글입니다"]


def test_a_passage_has_to_be_met_in_enough_documents_and_be_long_enough() -> None:
    texts = [NOTICE, NOTICE, "네", "네", "네"]
    assert cleaned(texts, documents_at_least=3) == texts
    assert cleaned(texts) == ["", "", "네", "네", "네"]
    assert cleaned(texts, min_chars=1) == [""] * 5


def test_white_space_around_a_line_does_not_hide_a_repeat() -> None:
    assert cleaned([f"\u3000{NOTICE} \r\n가", f"\u00a0\t{NOTICE}\n나", f"{NOTICE}"]) == ["가", "나", ""]


def test_a_paragraph_is_cut_whole_with_its_blank_lines_and_its_lines_alone_are_not() -> None:
    clause = "제1조 이 약관은 다음과 같다.\n제2조 목적은 위와 같다.\n \n\n"
    texts = [
        clause + "가게 이야기입니다.",
        "나라 이야기입니다.\n\n" + clause,
        "제1조 이 약관은 다음과 같다.\n그 밖의 글.",
    ]
    assert cleaned(texts, level="paragraph") == [
        "가게 이야기입니다.",
        "나라 이야기입니다.\n\n",
        "제1조 이 약관은 다음과 같다.\n그 밖의 글.",
    ]


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.text("가나 \n\u3000", max_size=30), max_size=6), level=st.sampled_from(["line", "paragraph"]))
def test_passages_cover_each_document_and_never_overlap(texts: list[str], level: Any) -> None:
    found = find(column(texts), numbers(texts), level=level, min_chars=1).to_pylist()
    for doc, text in enumerate(texts):
        raw, at = text.encode(), 0
        for row in (r for r in found if r["doc"] == doc):
            assert row["begin"] >= at and not raw[at : row["begin"]].decode().strip()
            assert raw[row["begin"] : row["end"]].decode().strip()
            at = row["end"]
        assert not raw[at:].decode().strip()


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.text("가나\n", max_size=16), max_size=6), keep_first=st.booleans())
def test_cutting_lines_equals_the_plain_statement(texts: list[str], keep_first: bool) -> None:
    met = Counter(line for text in texts for line in {part for part in text.split("\n") if part})
    seen: set[str] = set()
    wanted = []
    for text in texts:
        lines = []
        for line in text.splitlines(keepends=True):
            bare = line.rstrip("\n")
            if met[bare] < 2 or (keep_first and bare not in seen):
                lines.append(line)
            seen.add(bare)
        wanted.append("".join(lines))
    assert cleaned(texts, min_chars=1, keep_first=keep_first) == wanted


def test_the_order_of_files_does_not_matter() -> None:
    texts = [f"{NOTICE}\n글 {i}\n두 번째 공통 줄입니다" for i in range(6)]
    parts = [find(column(texts[i : i + 2]), numbers(texts)[i : i + 2], level="line", min_chars=5) for i in (0, 2, 4)]
    ranks = pa.table({"doc": numbers(texts), "rank": numbers(texts)[::-1].copy()})
    options = {"documents_at_least": 2, "keep_first": True}
    one = repeats(pa.concat_tables(parts), ranks, **options)
    assert one.equals(repeats(pa.concat_tables(parts[::-1]), ranks, **options))
    assert one.num_rows == 10 and set(one["documents"].to_pylist()) == {6}


def test_places_of_documents_in_other_files_are_passed_over_and_slices_are_cut_rightly() -> None:
    texts = [f"글 {i}\n{NOTICE}" for i in range(4)]
    ranks = pa.table({"doc": numbers(texts), "rank": numbers(texts)})
    places = repeats(
        find(column(texts), numbers(texts), level="line", min_chars=5), ranks, documents_at_least=2, keep_first=True
    )
    part = column(texts).slice(1, 2)
    assert cut(part, np.array([2, 1]), places).to_pylist() == ["글 1\n", "글 2\n"]
    assert cut(part, np.array([77, 0]), places).to_pylist() == part.to_pylist()


@pytest.mark.parametrize("texts", [[], [""], ["\n\n"]])
def test_nothing_to_find_is_no_special_case(texts: list[str]) -> None:
    assert cleaned(texts) == texts


@given(st.integers(1, 50), st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1))
def test_parts_are_ranges_of_keys_that_begin_where_they_say(parts: int, keys: list[int]) -> None:
    part = part_of(np.array(keys, np.int64), parts)
    for key, number in zip(keys, part.tolist(), strict=True):
        assert 0 <= number < parts and first_key(number, parts) <= key < first_key(number + 1, parts)
