"""The gate: looks everywhere, lets a name's beginning pass, and bounds what the tagger reads."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from transforms.pii.gate import BEGINS, reach
from transforms.pii.tagger import SCALE, load_model, tag_with
from transforms.pii.tagger_features import RUN

OPEN = np.array([-(1 << 20)] * 2)
CLOSED = np.array([1 << 20] * 2)
TEXTS = [
    "성명: 김서준\n연락처",
    "담당자는 이하늘 주무관입니다.",
    "신청인 남궁민수 (인)",
    "배우 마이클 잭슨의 신작",
    "제34조(신청) 신청인은 대통령령으로 정하는 바에 따라",
]


def _spans(least: np.ndarray, texts: list[str]) -> set[tuple[int, ...]]:
    model = dataclasses.replace(load_model(), gate_least=least)
    return {tuple(row[:3]) for row in tag_with(model, pa.array(texts), 0).tolist()}


def test_the_gate_loses_no_plain_name() -> None:
    assert _spans(load_model().gate_least, TEXTS) == _spans(OPEN, TEXTS)


def test_a_closed_gate_finds_nothing() -> None:
    assert _spans(CLOSED, TEXTS) == set()


@pytest.mark.parametrize(
    ("text", "end"), [("김서준이", 4), ("김서준 님", 3), ("김서준(인)", 3), ("이1", 1), ("가나다라마바사아자차카", 9)]
)
def test_what_is_read_ends_with_the_word_or_at_the_longest_name(text: str, end: int) -> None:
    units = np.array([ord(sign) for sign in text] + [0] * 4, np.uint16)
    assert reach(units, len(text), 0) == end


def test_only_letters_that_can_begin_a_name_do() -> None:
    assert [bool(BEGINS[ord(sign)]) for sign in "김金A a1(○"] == [True, True, True, False, False, False, False, False]


def test_a_row_of_nothing_but_candidates_longer_than_a_run_is_read_to_its_end() -> None:
    text = "가나다라 " * RUN + "성명: 김서준"
    assert (0, len(text) - 3, len(text)) in _spans(OPEN, [text])
    assert tag_with(load_model(), pa.array(["김" * (3 * RUN)]), SCALE).shape[1] == 4
