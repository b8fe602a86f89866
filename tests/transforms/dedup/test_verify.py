"""Every removed document is a near duplicate of the one that stays in its place."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.dedup.statement import windows
from transforms.dedup.verify import counters, reaches, verify

WIDTH = 3


def run(texts: list[str], edges: list[tuple[int, int]], bound: Any = 0.5, **options: Any) -> dict[str, list[int]]:
    count = len(texts)
    rank = np.array(options.pop("rank", range(count)), np.int64)
    docs = np.array(options.pop("docs", range(count)), np.int64)
    ends = np.array(edges, np.int64).reshape(-1, 2)
    text = pa.array(texts, pa.large_string())
    table = verify(docs, rank, text, ends[:, 0], ends[:, 1], width=WIDTH, bound=bound, **options)
    assert table.schema.names == ["doc", "survivor", "shared", "total", "round"]
    assert all(field.type == pa.int64() for field in table.schema)
    return table.to_pydict()


def sizes(one: str, other: str) -> tuple[int, int]:
    x, y = set(windows(one, WIDTH)), set(windows(other, WIDTH))
    return len(x & y), len(x | y)


TEXTS = st.lists(st.text("가나", max_size=12), min_size=1, max_size=10)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), texts=TEXTS, bound=st.sampled_from([0.3, 0.5, Fraction(2, 3), 0.8, 1.0]))
def test_who_leaves_reaches_the_bound_with_a_survivor_that_stays(data: Any, texts: list[str], bound: Any) -> None:
    node = st.integers(0, len(texts) - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=20))
    rank = data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts)))
    found = run(texts, edges, bound, rank=rank)
    assert found["doc"] == list(range(len(texts)))
    for doc, survivor, shared, total in zip(*(found[c] for c in ("doc", "survivor", "shared", "total")), strict=True):
        assert found["survivor"][survivor] == survivor
        assert (shared, total) == sizes(texts[doc], texts[survivor])
        assert (rank[survivor], survivor) <= (rank[doc], doc)
        if doc != survivor:
            assert total == 0 or Fraction(shared, total) >= Fraction(bound).limit_denominator(1000)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), texts=TEXTS)
def test_the_order_of_documents_and_edges_does_not_matter(data: Any, texts: list[str]) -> None:
    node = st.integers(0, len(texts) - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=20))
    rank = data.draw(st.lists(st.integers(0, 3), min_size=len(texts), max_size=len(texts)))
    order = data.draw(st.permutations(range(len(texts))))
    turned = [(b, a) for a, b in data.draw(st.permutations(edges))] + edges[:2]
    again = run([texts[i] for i in order], turned, rank=[rank[i] for i in order], docs=order)
    assert again == run(texts, edges, rank=rank)


def test_a_chain_of_gradual_edits_does_not_swallow_its_far_end() -> None:
    base = [chr(0xAC00 + i) for i in range(60)]
    chain = []
    for step in range(12):
        chain.append("".join(base))
        base[5 * step : 5 * step + 5] = [chr(0xC800 + 5 * step + i) for i in range(5)]
    edges = [(i, i + 1) for i in range(11)]
    for i, j in edges:
        assert Fraction(*sizes(chain[i], chain[j])) >= Fraction(7, 10)
    found = run(chain, edges, 0.7)
    kept = [d for d, s in zip(found["doc"], found["survivor"], strict=True) if d == s]
    assert 0 in kept and len(kept) > 3, "one survivor for texts that have nothing in common"
    for doc, survivor in zip(found["doc"], found["survivor"], strict=True):
        assert Fraction(*sizes(chain[doc], chain[survivor])) >= Fraction(7, 10)


def test_the_rejected_are_clustered_again_and_say_in_which_round() -> None:
    left, right = "가나다라마바사아자차", "하파타카차자아사바마"
    bridge = left + right
    found = run([left, bridge, right, right + "가"], [(0, 1), (1, 2), (1, 3), (2, 3)], 0.4)
    assert found["survivor"] == [0, 0, 2, 2]
    assert found["round"] == [1, 1, 2, 2]


def test_after_the_last_round_what_is_left_is_settled_by_its_own_edges() -> None:
    left, right = "가나다라마바사아자차", "하파타카차자아사바마"
    texts = [left, left + right, right, right + "가"]
    found = run(texts, [(0, 1), (1, 2), (1, 3), (2, 3)], 0.4, rounds=1)
    assert found["survivor"] == [0, 0, 2, 2] and found["round"] == [1, 1, 2, 2]
    found = run(texts, [(0, 1), (1, 2), (1, 3)], 0.4, rounds=1)
    assert found["survivor"] == [0, 0, 2, 3] and found["round"] == [1, 1, 0, 0]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), texts=TEXTS, rounds=st.integers(0, 3))
def test_no_verified_pair_stays_whole(data: Any, texts: list[str], rounds: int) -> None:
    node = st.integers(0, len(texts) - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=20))
    found = run(texts, edges, 0.5, rounds=rounds)
    for one, other in edges:
        shared, total = sizes(texts[one], texts[other])
        if one != other and 2 * shared >= total:
            assert found["survivor"][one] != one or found["survivor"][other] != other


def test_a_family_with_more_groups_than_rounds_keeps_one_of_each_group() -> None:
    """Templates that chain together: eight groups of three, neighbours of different groups just below the bound."""
    shared = "".join(chr(0xAC00 + i) for i in range(30))
    texts, groups = [], []
    for group in range(8):
        own = "".join(chr(0xB000 + 40 * group + i) for i in range(20))
        texts += [shared + own + "가나"[:i] for i in range(3)]
        groups += [group] * 3
    edges = [(i, j) for i in range(24) for j in range(i)]
    bridge = shared + "".join(chr(0xB000 + 40 * g + i) for g in range(8) for i in range(3))
    found = run([*texts, bridge], [*edges, *((24, i) for i in range(24))], 0.6)
    kept = [d for d, s in zip(found["doc"], found["survivor"], strict=True) if d == s and d < 24]
    assert sorted(groups[d] for d in kept) == list(range(8))


def test_candidates_below_the_bound_are_not_clustered() -> None:
    found = run(["가나다라마바", "가나다하파타"], [(0, 1)], 0.5)
    assert found["survivor"] == [0, 1] and found["round"] == [0, 0]


def test_the_smallest_rank_survives_and_then_the_smallest_number() -> None:
    text = "같은 글입니다"
    assert run([text] * 3, [(0, 1), (1, 2)], rank=[2, 1, 1])["survivor"] == [1, 1, 1]


def test_document_numbers_are_not_row_numbers() -> None:
    found = run(["나머지 글", "같은 글입니다", "같은 글입니다"], [(900, -5)], docs=[7, 900, -5], rank=[0, 0, 1])
    assert found["doc"] == [-5, 7, 900] and found["survivor"] == [900, 7, 900]


def test_a_pair_exactly_on_the_bound_counts_as_a_duplicate() -> None:
    shared, total = np.array([4, 7999999, 0]), np.array([5, 10000000, 0])
    assert reaches(shared, total, 0.8).tolist() == [True, False, True]
    assert reaches(np.array([1]), np.array([3]), Fraction(1, 3)).tolist() == [True]


@settings(max_examples=100, deadline=None)
@given(data=st.data(), texts=TEXTS)
def test_with_containment_the_survivor_holds_what_leaves(data: Any, texts: list[str]) -> None:
    node = st.integers(0, len(texts) - 1)
    edges = data.draw(st.lists(st.tuples(node, node), max_size=20))
    found = run(texts, edges, 0.8, measure="containment")
    for doc, survivor, shared, total in zip(*(found[c] for c in ("doc", "survivor", "shared", "total")), strict=True):
        own = set(windows(texts[doc], WIDTH))
        assert (shared, total) == (len(own & set(windows(texts[survivor], WIDTH))), len(own))
        assert doc == survivor or 5 * shared >= 4 * total


def test_a_quotation_leaves_for_the_text_that_holds_it_and_never_the_other_way() -> None:
    whole, quoted = "가나다라마바사아자차카타파하" * 3 + "그 밖의 긴 이야기", "가나다라마바사아자차카타파하"
    assert run([whole, quoted], [(0, 1)], 0.9, measure="containment")["survivor"] == [0, 0]
    assert run([whole, quoted], [(0, 1)], 0.9, measure="containment", rank=[1, 0])["survivor"] == [0, 1]
    assert run([whole, quoted], [(0, 1)], 0.9)["survivor"] == [0, 1]


def test_what_was_compared_and_refused_is_counted() -> None:
    left, right = "가나다라마바사아자차", "하파타카차자아사바마"
    texts = pa.array([left, left + right, right, right + "가", "무관한 글입니다"], pa.large_string())
    docs, ends = np.arange(5), np.array([(0, 1), (1, 2), (1, 3), (2, 3), (0, 4), (1, 0)])
    table = verify(docs, docs, texts, ends[:, 0], ends[:, 1], width=WIDTH, bound=0.4)
    assert counters(table) == {
        "comparisons": 5 + 4 + 2,
        "edges": 5,
        "edges_below_bound": 1,
        "rejected": 2,
        "settled_by_edges": 0,
    }


def test_an_edge_to_an_unknown_document_is_refused() -> None:
    for edges in ([(0, 9)], [(-1, 0)]):
        with pytest.raises(ValueError, match="not among the documents"):
            run(["가", "나"], edges)


def test_a_document_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        run(["가", "나"], [], docs=[3, 3])


def test_nothing_in_gives_nothing_out() -> None:
    assert run([], []) == {"doc": [], "survivor": [], "shared": [], "total": [], "round": []}
