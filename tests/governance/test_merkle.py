import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.merkle import Proof, Tree, is_included

# Source: RFC 6962 reference tests (certificate-transparency, merkle_tree_test.cc): leaves and the root of each prefix.
LEAVES = [
    bytes.fromhex(h)
    for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def _recursive_root(items: list[bytes]) -> bytes:
    """The definition of RFC 6962, word for word."""
    if len(items) == 1:
        return hashlib.sha256(b"\x00" + items[0]).digest()
    split = 1
    while split * 2 < len(items):
        split *= 2
    return hashlib.sha256(b"\x01" + _recursive_root(items[:split]) + _recursive_root(items[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_implementation(size: int) -> None:
    assert Tree(LEAVES[:size]).root.hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Tree([]).root == hashlib.sha256(b"").digest()


@given(leaves)
def test_the_root_is_that_of_the_definition(items: list[bytes]) -> None:
    assert Tree(items).root == _recursive_root(items)


@given(leaves, st.data())
def test_every_leaf_is_proven_and_no_other_is(items: list[bytes], data: st.DataObject) -> None:
    tree = Tree(items)
    index = data.draw(st.integers(0, len(items) - 1))
    proof = tree.proof(index)
    assert is_included(items[index], proof, tree.root)
    other = data.draw(st.binary(max_size=8).filter(lambda leaf: leaf != items[index]))
    assert not is_included(other, proof, tree.root)
    assert len(proof.path) <= max(1, (len(items) - 1).bit_length())


@given(leaves, st.data())
def test_a_proof_that_was_changed_proves_nothing(items: list[bytes], data: st.DataObject) -> None:
    tree = Tree(items)
    index = data.draw(st.integers(0, len(items) - 1))
    good = tree.proof(index)
    longer = Proof(index, good.size, (*good.path, b"\x00" * 32))
    short_hash = Proof(index, good.size, tuple(step[:-1] for step in good.path))
    wrong = [longer] + ([short_hash, Proof(index, good.size, good.path[:-1])] if good.path else [])
    assert not any(is_included(items[index], proof, tree.root) for proof in wrong)


@pytest.mark.parametrize("proof", [Proof(-1, 1, ()), Proof(1, 1, ()), Proof(0, 0, ())])
def test_an_index_outside_the_tree_proves_nothing(proof: Proof) -> None:
    assert not is_included(b"", proof, Tree([b""]).root)


def test_an_inner_node_is_no_leaf() -> None:
    tree = Tree([b"a", b"b", b"c", b"d"])
    left = hashlib.sha256(b"\x00a").digest() + hashlib.sha256(b"\x00b").digest()
    assert not is_included(left, Proof(0, 2, (tree.proof(0).path[1],)), tree.root)


def test_a_leaf_that_is_not_there_has_no_proof() -> None:
    with pytest.raises(IndexError):
        Tree([b"a"]).proof(1)
