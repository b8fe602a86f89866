import random

import pytest

from governance.delta import Shard
from governance.manifest import (
    RELEASE_PREDICATE,
    Book,
    Facts,
    build,
    entry_of,
    leaf,
    proof_of,
    root_statement,
    shards_of,
)
from governance.merkle import Tree, is_included
from governance.records.errors import IntegrityError
from governance.records.ids import canonical_json

SHARDS = [Shard(f"shards/s{n}.parquet", f"{n:064x}", 100 + n, n, "minutes", "KOGL-1") for n in range(5)]
FILES = {"releases/r/ledger.parquet": "a" * 64, "releases/r/README.md": "b" * 64}
FACTS = Facts("talk", "r", "plan", 3, "code", {"name": "demo"}, {"minutes": "snapshot"}, {"base": "base"})


def test_every_file_is_a_subject() -> None:
    statement = build(FACTS, SHARDS, FILES)
    digests = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    assert digests == {shard.path: shard.sha256 for shard in SHARDS} | FILES
    assert statement["predicateType"] == RELEASE_PREDICATE


def test_equal_arguments_give_equal_bytes_in_any_order() -> None:
    shuffled = random.Random(1).sample(SHARDS, len(SHARDS))
    backwards = dict(reversed(FILES.items()))
    assert canonical_json(build(FACTS, shuffled, backwards)) == canonical_json(build(FACTS, SHARDS, FILES))


def test_the_delta_version_is_no_subject() -> None:
    later = Facts(**(vars(FACTS) | {"delta_version": 4}))
    assert build(later, SHARDS, FILES)["subject"] == build(FACTS, SHARDS, FILES)["subject"]


def test_every_shard_has_a_proof_to_the_root() -> None:
    predicate = build(FACTS, SHARDS, FILES)["predicate"]
    root = bytes.fromhex(predicate["merkle"]["root"])
    assert Tree([leaf(entry_of(shard)) for shard in SHARDS]).root == root
    for entry in predicate["shards"]:
        assert is_included(leaf(entry), proof_of(entry["proof"], "x"), root)


@pytest.mark.parametrize("field", ["path", "sha256", "bytes", "rows", "source", "licence"])
def test_a_leaf_is_bound_to_every_field(field: str) -> None:
    entry = entry_of(SHARDS[1])
    assert leaf(entry | {field: "changed"}) != leaf(entry)


def test_a_suspension_changes_no_leaf() -> None:
    suspended = Shard(**(vars(SHARDS[0]) | {"state": "suspended"}))
    assert leaf(entry_of(suspended)) == leaf(entry_of(SHARDS[0]))
    assert build(FACTS, [suspended], {})["predicate"]["shards"][0]["state"] == "suspended"


def test_the_root_statement_says_nothing_of_the_shards() -> None:
    root = root_statement(build(FACTS, SHARDS, FILES))
    text = canonical_json(root).decode()
    assert not any(word in text for word in ("shards/", "minutes", "KOGL", "ledger"))
    assert root["predicate"]["merkle"]["size"] == 5


def test_a_release_may_have_no_shard() -> None:
    assert build(FACTS, [], {})["predicate"]["merkle"]["size"] == 0


def test_a_path_named_twice_is_refused() -> None:
    for shards, files in (([SHARDS[0], SHARDS[0]], {}), (SHARDS, {SHARDS[0].path: "c" * 64})):
        with pytest.raises(IntegrityError, match="twice"):
            build(FACTS, shards, files)


@pytest.mark.parametrize("counts", [(3, 1, 1, 0), (1, 2, -1, 0), (0, 0, 1, -1)])
def test_books_that_do_not_balance_make_no_manifest(counts: tuple[int, int, int, int]) -> None:
    facts = Facts(**(vars(FACTS) | {"books": [Book("minutes", "judge", "document", *counts)]}))
    with pytest.raises(IntegrityError, match=r"books of minutes, judge, documents do not balance"):
        build(facts, SHARDS, FILES)


def test_the_next_release_reads_the_shards_back() -> None:
    assert shards_of(build(FACTS, SHARDS, FILES)) == SHARDS


@pytest.mark.parametrize(
    "proof",
    [{}, {"index": 0, "size": 1}, {"index": "x", "size": 1, "path": []}, {"index": 0, "size": 1, "path": ["zz"]}],
)
def test_a_proof_of_another_shape_is_named(proof: dict) -> None:
    with pytest.raises(IntegrityError, match="not an inclusion proof"):
        proof_of(proof, "shards/s0.parquet")
