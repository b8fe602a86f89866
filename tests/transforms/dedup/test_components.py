"""Union-find and alternating stars find the same components, named by their smallest document."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedup.candidates import packed
from transforms.dedup.components import alternating_stars, components, large_star, packed_components, small_star

NODES = st.integers(-20, 20)
EDGES = st.lists(st.tuples(NODES, NODES), max_size=40)


def ends(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(edges, np.int64).reshape(-1, 2)
    return both[:, 0].copy(), both[:, 1].copy()


def stated(edges: list[tuple[int, int]]) -> dict[int, int]:
    return {node: min(part) for part in nx.connected_components(nx.Graph(edges)) for node in part}


@settings(max_examples=150, deadline=None)
@given(EDGES)
def test_every_document_gets_the_smallest_of_its_component(edges: list[tuple[int, int]]) -> None:
    docs, root = components(*ends(edges))
    assert docs.tolist() == sorted(docs.tolist())
    assert dict(zip(docs.tolist(), root.tolist(), strict=True)) == stated(edges)


@settings(max_examples=80, deadline=None)
@given(EDGES)
def test_alternating_stars_end_in_stars_around_the_smallest(edges: list[tuple[int, int]]) -> None:
    root, member, converged = alternating_stars(*ends(edges), rounds=20)
    assert converged
    wanted = sorted((r, n) for n, r in stated(edges).items() if r != n)
    assert list(zip(root.tolist(), member.tolist(), strict=True)) == wanted


@settings(max_examples=60, deadline=None)
@given(EDGES)
def test_one_star_round_keeps_components_and_adds_no_edges(edges: list[tuple[int, int]]) -> None:
    real = sorted({(min(e), max(e)) for e in edges if e[0] != e[1]})
    for step in (large_star, small_star):
        left, right = step(*ends(real))
        after = stated(list(zip(left.tolist(), right.tolist(), strict=True)))
        assert after == stated(real)
        assert len(left) <= len(real) + (0 if step is large_star else len(after))


def test_a_path_of_ten_thousand_needs_few_rounds() -> None:
    numbers = np.random.default_rng(3).permutation(10_000).astype(np.int64)
    root, member, converged = alternating_stars(numbers[:-1], numbers[1:], rounds=24)
    assert converged and set(root.tolist()) == {0} and len(member) == 9_999


def test_too_few_rounds_are_admitted() -> None:
    numbers = np.random.default_rng(3).permutation(10_000).astype(np.int64)
    assert not alternating_stars(numbers[:-1], numbers[1:], rounds=2)[2]


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_long_chains_do_not_recurse(size: int) -> None:
    numbers = np.arange(size + 1, dtype=np.int64)
    docs, root = components(numbers[:-1], numbers[1:])
    assert len(docs) == (size + 1 if size else 0) and not root.any()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=60))
def test_packed_edges_give_the_same_components(edges: list[tuple[int, int]]) -> None:
    left, right = np.array([e[0] for e in edges], np.int64), np.array([e[1] for e in edges], np.int64)
    for found, stated in zip(packed_components(packed(left, right), 61), components(left, right), strict=True):
        assert found.dtype == np.int64 and found.tolist() == stated.tolist()
