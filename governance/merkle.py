"""Merkle trees over digests: one root for many files, and a short proof that one file is among them.

Source: RFC 6962, section 2.1 (leaf 0x00, node 0x01, split at the largest power of two below the size).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Proof:
    """That the leaf at `index` is in the tree of `size` leaves: the sibling hashes from the leaf up."""

    index: int
    size: int
    path: tuple[bytes, ...]


class Tree:
    """A Merkle tree over leaves in a fixed order; every level is kept, so a proof costs log2(size) look-ups."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [[leaf_hash(leaf) for leaf in leaves]]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """32 bytes; of an empty tree, the SHA-256 of nothing."""
        return self._levels[-1][0] if self.size else hashlib.sha256(b"").digest()

    def proof(self, index: int) -> Proof:
        """Inclusion proof of one leaf.

        Raises:
            IndexError: no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        path, position = [], index
        for level in self._levels[:-1]:
            sibling = position ^ 1
            # A last node without a sibling is carried up as it is, and adds nothing to the path.
            if sibling < len(level):
                path.append(level[sibling])
            position //= 2
        return Proof(index, self.size, tuple(path))


def _above(level: list[bytes]) -> list[bytes]:
    paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return paired + level[len(level) & ~1 :]


def root_of(leaf: bytes, proof: Proof) -> bytes | None:
    """The root that a leaf and its proof lead to, or None when the proof has the wrong shape.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= proof.index < proof.size:
        return None
    position, last, current, steps = proof.index, proof.size - 1, leaf_hash(leaf), iter(proof.path)
    while last:
        if position % 2 or position < last:
            sibling = next(steps, None)
            if sibling is None or len(sibling) != HASH_BYTES:
                return None
            current = _node(sibling, current) if position % 2 else _node(current, sibling)
        position, last = position // 2, last // 2
    return current if next(steps, None) is None else None


def is_included(leaf: bytes, proof: Proof, root: bytes) -> bool:
    """Whether the proof shows the leaf to be in the tree with this root."""
    return root_of(leaf, proof) == root
