"""Verified clusters: LSH proposes, real n-gram Jaccard decides, and every member answers to its survivor.

LSH and transitive closure alone chain A to B to C until a template swallows a source. So edges below the bound
go first; what is left is clustered; the survivor of a cluster is its best-ranked member; a member too far from
the survivor is rejected and clustered again among the rejected, a few rounds. A family of templates has more
groups than rounds, so the rest is settled edge by edge: in survivor order, each document takes its verified
neighbours. So nobody leaves without reaching the bound, and no verified pair stays whole.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from transforms.dedup.candidates import packed, union_packed, unpacked
from transforms.dedup.compiled import kernel
from transforms.dedup.components import components
from transforms.dedup.shingles import Shingles, pair_sizes, shingles

# Floats of a recipe such as 0.8 mean the short decimal, not the nearest binary fraction above it.
_DENOMINATOR = 1_000_000
_COUNTERS = b"malmoi.verify"
# Edges mapped and compared at a time: what bounds the memory of one huge component.
_BLOCK = 1 << 20

Measure = Literal["jaccard", "containment"]


def reaches(shared: np.ndarray, total: np.ndarray, bound: Fraction | float) -> np.ndarray:
    """Whether shared / total >= bound, compared in integers; 0 / 0 (two empty texts) reaches any bound."""
    limit = Fraction(bound).limit_denominator(_DENOMINATOR)
    return np.asarray(shared * limit.denominator >= limit.numerator * total)


class _Clustering:
    """The documents in order of number, and what is settled about each so far."""

    def __init__(self, rank: np.ndarray, sets: Shingles, bound: Fraction | float, measure: Measure) -> None:
        self.sets, self.bound, self.measure = sets, bound, measure
        self.counts = dict.fromkeys(("edges", "edges_below_bound", "comparisons", "rejected", "settled_by_edges"), 0)
        count = len(rank)
        # Place of each document in survivor order: by rank, then by document number.
        self.place = np.empty(count, np.int64)
        self.place[np.lexsort((np.arange(count), rank))] = np.arange(count)
        self.survivor = np.arange(count)
        self.shared = sets.sizes().astype(np.int64)
        self.total = self.shared.copy()
        self.round = np.zeros(count, np.int64)

    def sizes(self, members: np.ndarray, survivors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shared n-grams, and those that count as all: the union, or for containment the member's own."""
        self.counts["comparisons"] += len(members)
        shared, union = pair_sizes(self.sets, members, survivors)
        return shared, union if self.measure == "jaccard" else self.sets.sizes()[members]

    def verified(self, edges: np.ndarray) -> np.ndarray:
        """Packed edges that reach the bound, each as (better placed end, other end), shape (2, edges)."""
        good = [self._verified(edges[at : at + _BLOCK]) for at in range(0, len(edges), _BLOCK)]
        return np.concatenate([np.empty((2, 0), np.int64), *good], axis=1)

    def _verified(self, block: np.ndarray) -> np.ndarray:
        left, right = unpacked(block)
        turned = self.place[left] > self.place[right]
        heads, members = np.where(turned, right, left), np.where(turned, left, right)
        good = reaches(*self.sizes(members, heads), self.bound)
        self.counts["edges"] += len(block)
        self.counts["edges_below_bound"] += int((~good).sum())
        return np.stack([heads[good], members[good]])

    def settle(self, left: np.ndarray, right: np.ndarray, number: int) -> np.ndarray:
        """One round over the edges; returns the rows that were rejected, sorted."""
        rows, roots = components(left, right)
        order = np.lexsort((self.place[rows], roots))
        rows, roots = rows[order], roots[order]
        first = np.flatnonzero(np.concatenate([[True], roots[1:] != roots[:-1]]))
        survivors = np.repeat(rows[first], np.diff(np.append(first, len(rows))))
        shared, total = self.sizes(rows, survivors)
        good = reaches(shared, total, self.bound) | (rows == survivors)
        kept = rows[good]
        self.survivor[kept], self.round[kept] = survivors[good], number
        self.shared[kept], self.total[kept] = shared[good], total[good]
        self.counts["rejected"] += int((~good).sum())
        return np.sort(rows[~good])

    def settle_by_edges(self, heads: np.ndarray, members: np.ndarray, number: int) -> None:
        """Settles the ends of verified edges without new decisions: in survivor order each head takes its members."""
        order = np.lexsort((self.place[members], self.place[heads]))
        heads, members = heads[order], members[order]
        _take_neighbours(heads, members, self.survivor)
        self.round[np.union1d(heads, members)] = number
        taken = np.unique(members[self.survivor[members] != members])
        self.shared[taken], self.total[taken] = self.sizes(taken, self.survivor[taken])
        self.counts["settled_by_edges"] += len(taken)


@kernel
def _take_neighbours(heads: Any, members: Any, survivor: Any) -> None:
    """Edges come in survivor order of their heads, so a head's own fate is known when its first edge is met."""
    for edge in range(heads.size):
        head, member = heads[edge], members[edge]
        if survivor[head] == head and survivor[member] == member:
            survivor[member] = head


def _edges(docs: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Packed edges between row numbers, sorted, none twice, no document to itself."""
    blocks = (slice(at, at + _BLOCK) for at in range(0, len(left), _BLOCK))
    return union_packed(_block(docs, left[block], right[block]) for block in blocks)


def _block(docs: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    ends = np.stack([np.searchsorted(docs, left), np.searchsorted(docs, right)])
    if ends.max() >= len(docs) or (docs[ends] != np.stack([left, right])).any():
        raise ValueError("an edge names a document that is not among the documents; give the text of both ends")
    ends = np.sort(ends, axis=0)
    ends = ends[:, ends[0] != ends[1]]
    return packed(ends[0], ends[1])


def verify(
    docs: np.ndarray,
    rank: np.ndarray,
    text: pa.LargeStringArray,
    left: np.ndarray,
    right: np.ndarray,
    *,
    width: int,
    bound: Fraction | float,
    rounds: int = 3,
    measure: Measure = "jaccard",
) -> pa.Table:
    """Clusters of documents whose every member is a near duplicate of its survivor.

    The result depends on the set of documents and edges only, not on their order.

    Args:
        docs: int64 document numbers, none twice.
        rank: int64 a document; the smallest of a cluster survives, the smaller number on a tie.
        text: of each document, no nulls.
        left: int64 document numbers, one end of each candidate edge.
        right: the other end.
        width: code points an n-gram.
        bound: least share of two documents that count as duplicates, 0 to 1.
        rounds: how often members are checked and the rejected clustered again.
        measure: jaccard compares both ways; containment asks how much of the leaving document its survivor holds.

    Returns:
        One row a document, sorted by `doc`, int64: doc; survivor (itself where kept); shared and total (n-grams in
        the intersection and the union with the survivor, for containment in the document itself); round it was
        settled in (rounds + 1: by its edges; 0: no verified edge). `counters` reads the table's metadata.

    Raises:
        ValueError: a document comes twice, or an edge names one that is not given.
    """
    order = np.argsort(docs, kind="stable")
    numbers = docs[order]
    if len(numbers) and (numbers[1:] == numbers[:-1]).any():
        raise ValueError("a document number comes twice among the documents")
    work = _Clustering(rank[order], shingles(text.take(pa.array(order)), width=width), bound, measure)
    edges = work.verified(_edges(numbers, left, right))
    for number in range(1, rounds + 1):
        if not edges.shape[1]:
            break
        rejected = work.settle(edges[0], edges[1], number)
        edges = edges[:, np.isin(edges[0], rejected) & np.isin(edges[1], rejected)]
    work.settle_by_edges(edges[0], edges[1], rounds + 1)
    columns = [numbers, numbers[work.survivor], work.shared, work.total, work.round]
    return with_counters(pa.table(columns, names=["doc", "survivor", "shared", "total", "round"]), [work.counts])


def with_counters(table: pa.Table, parts: Sequence[dict[str, int]]) -> pa.Table:
    """The table with the sum of the parts' counters in its metadata."""
    total = {name: sum(part[name] for part in parts) for name in sorted(parts[0])}
    return table.replace_schema_metadata({_COUNTERS: json.dumps(total).encode()})


def counters(table: pa.Table) -> dict[str, int]:
    """What `verify` counted: edges, edges_below_bound, comparisons, rejected (once a round), settled_by_edges."""
    return json.loads(table.schema.metadata[_COUNTERS])
