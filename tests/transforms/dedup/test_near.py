"""Near-duplicate search against the exact truth, and against texts that are made to mislead it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.speed.dedup.oracle import all_pairs
from tests.transforms.dedup.real_texts import real_texts
from tests.transforms.dedup.statement import windows
from transforms.dedup import near
from transforms.dedup.near import near_duplicates
from transforms.dedup.presets import preset
from transforms.dedup.verify import counters

KOREAN = preset("korean")
WORDS = (
    "주민",
    "조례",
    "신청",
    "기관",
    "처분",
    "통지",
    "기한",
    "납부",
    "금액",
    "서류",
    "제출",
    "심사",
    "결과",
    "위원",
    "안건",
    "의결",
)


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def prose(seed: int, words: int) -> str:
    drawn = np.random.default_rng(seed).integers(0, 11172, words)
    stems = [WORDS[i % len(WORDS)] + chr(0xAC00 + i) for i in drawn.tolist()]
    return " ".join(stems)


def kept(found: pa.Table, count: int) -> set[int]:
    gone = found["doc"].to_numpy()[found["doc"].to_numpy() != found["survivor"].to_numpy()]
    return set(range(count)) - set(gone.tolist())


def test_on_real_texts_nearly_every_true_pair_is_settled_and_every_removal_is_true() -> None:
    text = real_texts()
    left, right, jaccard = all_pairs(text, width=KOREAN.width, least=KOREAN.bound)
    found = near_duplicates(text, KOREAN)
    stays = np.ones(len(text), bool)
    doc, survivor = found["doc"].to_numpy(), found["survivor"].to_numpy()
    stays[doc] = doc == survivor
    sure = jaccard >= 0.85
    assert sure.sum() > 100, "the oracle found too few pairs to judge by"
    assert (~(stays[left] & stays[right]))[sure].mean() >= 0.95
    assert (~(stays[left] & stays[right])).mean() >= 0.95
    true = set(zip(left.tolist(), right.tolist(), strict=True))
    removed = [(min(d, s), max(d, s)) for d, s in zip(doc.tolist(), survivor.tolist(), strict=True) if d != s]
    assert removed and all(pair in true for pair in removed)


def test_the_clusters_do_not_depend_on_threads_or_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    text = real_texts().slice(0, 600)
    one = near_duplicates(text, KOREAN, threads=1)
    monkeypatch.setattr(near, "_GROUP_BYTES", 50_000)
    monkeypatch.setattr(near, "_BLOCK_ROWS", 37)
    again = near_duplicates(text, KOREAN, threads=3)
    assert again.equals(one) and counters(again) == counters(one)
    assert len(one) > 50


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_chunks_and_string_kinds_do_not_change_the_result(kind: pa.DataType) -> None:
    texts = [prose(i // 3, 60) + " 끝" * (i % 3) for i in range(90)]
    whole = near_duplicates(column(texts), KOREAN)
    chunked = pa.chunked_array([pa.array(part, kind) for part in (texts[:1], [], texts[1:50], texts[50:])])
    assert near_duplicates(chunked, KOREAN).equals(whole)
    assert near_duplicates(chunked.chunks, KOREAN).equals(whole)
    assert near_duplicates(pa.array(texts, kind), KOREAN).equals(whole)
    assert len(kept(whole, 90)) == 30


def test_a_chain_of_gradual_edits_keeps_versions_that_have_drifted_apart() -> None:
    words, chain = prose(1, 400).split(), []
    for step in range(20):
        chain.append(" ".join(words))
        words[20 * step : 20 * step + 12] = prose(100 + step, 12).split()
    found = near_duplicates(column(chain), KOREAN)
    stays = kept(found, 20)
    assert 4 <= len(stays) < 20
    for doc, survivor in zip(found["doc"].to_pylist(), found["survivor"].to_pylist(), strict=True):
        one, other = set(windows(chain[doc], 5)), set(windows(chain[survivor], 5))
        assert Fraction(len(one & other), len(one | other)) >= Fraction(4, 5)


@pytest.mark.parametrize(("boilerplate", "merged"), [(40, False), (60, False), (80, False), (96, True)])
def test_shared_legal_boilerplate_merges_only_where_it_is_nearly_everything(boilerplate: int, merged: bool) -> None:
    """Out of 100 words; at 80 the two differ in 40 of 120 words, so the Jaccard is .67 and both stay."""
    shared = prose(7, boilerplate)
    texts = [shared + " " + prose(50 + i, 100 - boilerplate) for i in range(60)]
    stays = kept(near_duplicates(column(texts), KOREAN), 60)
    assert len(stays) == (1 if merged else 60)


def test_a_template_with_one_number_changed_is_one_document_and_with_much_changed_is_many() -> None:
    """N-gram Jaccard cannot tell a changed amount from a typing error: such forms are merged, by design."""
    form = "귀하에게 부과된 과태료 {} 원을 {} 까지 납부하여 주시기 바랍니다. " + prose(3, 40)
    numbers = [form.format(10_000 + 137 * i, "2026년 3월 31일") for i in range(40)]
    assert len(kept(near_duplicates(column(numbers), KOREAN), 40)) == 1
    letters = [form.format(10_000 + 137 * i, prose(i, 30)) for i in range(40)]
    assert len(kept(near_duplicates(column(letters), KOREAN), 40)) == 40


def test_the_longest_survives_by_default_and_the_rank_decides_when_given() -> None:
    body = prose(11, 80)
    texts = column([body, body + " 끝.", body])
    assert near_duplicates(texts, KOREAN)["survivor"].to_pylist() == [1, 1, 1]
    ranked = near_duplicates(texts, KOREAN, rank=np.array([2, 1, 0]))
    assert ranked["survivor"].to_pylist() == [2, 2, 2]


@pytest.mark.parametrize("texts", [[], ["하나뿐인 글입니다"], ["", ""], ["가", "나"]])
def test_few_or_empty_texts_are_no_special_case(texts: list[str]) -> None:
    found = near_duplicates(column(texts), KOREAN)
    assert len(kept(found, len(texts))) == (1 if texts == ["", ""] else len(texts))
