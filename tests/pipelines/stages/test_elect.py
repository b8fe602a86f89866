import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stages.elect import elect_task
from pipelines.stages.index import Index, numbers
from pipelines.stages.verify import VERIFIED
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import STRICT_TERMS, WORK, context, doc_id, index_of, source, write_judged

# A document of the property: its file, whether Judge kept it, its cluster (None: alone), its size.
DOCUMENT = st.tuples(st.integers(0, 2), st.booleans(), st.none() | st.integers(0, 3), st.integers(1, 60))
SOURCES = ("letters", "mirror", "texts")


class Outcome:
    """An election over hand-made files: what it decided, and what it left."""

    def __init__(self, made: Context, index: Index, receipt: Receipt) -> None:
        self.receipt, self.index = receipt, index
        self.keep = [
            pl.DataFrame(made.read(WORK, made.path(WORK, "deduplicate", f"{receipt.name}.keep-{n:06d}")))
            for n in range(len(index.files))
        ]
        self.decisions, self.clusters = (
            pl.DataFrame(made.read(WORK, made.path(WORK, "deduplicate", f"{receipt.name}.{what}")))
            for what in ("decisions", "clusters")
        )

    def kept(self, file: int) -> list[int]:
        return self.keep[file]["row"].to_list()


def _elect(
    directory: Path,
    files: list[list[dict[str, Any]]],
    repeats: Sequence[int] = (),
    **recipe: Any,
) -> Outcome:
    """Runs the election. Each row says keep, bytes, and `cluster` with its rank inside (the first ranked survives)."""
    made = context(directory, [source("letters"), source("mirror", STRICT_TERMS), source("texts")], recipe)
    members: dict[int, list[tuple[int, int, str]]] = {}
    listed = []
    for file, rows in enumerate(files):
        name = f"judged-{file}"
        columns = {"keep": [r["keep"] for r in rows], "bytes": [r["bytes"] for r in rows]}
        write_judged(made, name, columns)
        listed.append((SOURCES[file], name, len(rows), sum(columns["keep"])))
        for row, given_ in enumerate(rows):
            if given_["keep"] and given_.get("cluster") is not None:
                number = int(numbers(file, np.array([row]))[0])
                members.setdefault(given_["cluster"], []).append((given_["rank"], number, doc_id(name, row)))
    index = index_of(made, listed)
    table = pa.Table.from_pylist([line for group in members.values() for line in _verified(group)], schema=VERIFIED)
    made.write(WORK, made.path(WORK, "verify", "v"), table)
    made.write(WORK, made.path(WORK, "connect", "c.repeats"), pa.table({"document": pa.array(repeats, pa.int64())}))
    task = elect_task(made.plan, index, Receipt("connect", "c", "", {}), [Receipt("verify", "v", "", {})])
    return Outcome(made, index, task.run(made))


def _verified(group: list[tuple[int, int, str]]) -> list[dict[str, Any]]:
    _, survivor, survivor_id = min(group)
    return [
        {
            "document": number,
            "doc_id": id_,
            "rank": rank,
            "survivor": survivor,
            "survivor_id": survivor_id,
            "similarity": 1.0 if number == survivor else 0.9,
            "exact": False,
        }
        for rank, number, id_ in group
    ]


def _files(documents: list[tuple[int, bool, int | None, int]]) -> list[list[dict[str, Any]]]:
    files: list[list[dict[str, Any]]] = [[], [], []]
    for rank, (file, keep, cluster, size) in enumerate(documents):
        files[file].append({"keep": keep, "cluster": cluster, "bytes": size, "rank": rank})
    return files


def _class(file: int) -> str:
    return "strict" if SOURCES[file] == "mirror" else "free"


@given(st.lists(DOCUMENT, max_size=25))
@settings(max_examples=25)
def test_each_cluster_keeps_exactly_its_best_of_each_class_of_terms(documents: list[Any]) -> None:
    files = _files(documents)
    with tempfile.TemporaryDirectory() as directory:
        outcome = _elect(Path(directory), files)
    expected = Counter[str]()
    for file, rows in enumerate(files):
        for row, given_ in enumerate(rows):
            if not given_["keep"]:
                assert row not in outcome.kept(file)
                continue
            rivals = [
                r["rank"]
                for f, others in enumerate(files)
                for r in others
                if r["keep"] and r["cluster"] == given_["cluster"] and _class(f) == _class(file)
            ]
            survives = given_["cluster"] is None or given_["rank"] == min(rivals)
            assert (row in outcome.kept(file)) is survives
            expected["kept" if survives else "dropped"] += 1
    expected["in"] = sum(given_["keep"] for rows in files for given_ in rows)
    assert Counter(outcome.receipt.books) == expected


@given(st.lists(DOCUMENT, max_size=25), st.integers(1, 150))
@settings(max_examples=25)
def test_the_shard_plan_covers_every_kept_row_once_and_cuts_where_it_is_full(
    documents: list[Any], shard_bytes: int
) -> None:
    files = _files(documents)
    with tempfile.TemporaryDirectory() as directory:
        outcome = _elect(Path(directory), files, publish={"shard_bytes": shard_bytes})
    covered: dict[int, list[int]] = {file: [] for file in range(3)}
    for shard in outcome.receipt.out["shards"]:
        sizes = []
        for file, start, stop, _, staged in shard["parts"]:
            assert outcome.index.files[file].source == shard["source"] and staged == outcome.index.files[file].staged
            covered[file] += range(start, stop)
            sizes += [files[file][row]["bytes"] for row in outcome.kept(file)[start:stop]]
        assert shard["bytes"] == sum(sizes) > 0
        # Full with its last row, and not before it.
        assert sum(sizes[:-1]) < shard_bytes
    assert {file: list(range(len(outcome.kept(file)))) for file in range(3)} == covered
    full = [s for s in outcome.receipt.out["shards"] if s["bytes"] >= shard_bytes]
    assert len(outcome.receipt.out["shards"]) - len(full) <= len({s["source"] for s in outcome.receipt.out["shards"]})


PAIR = [
    [{"keep": True, "bytes": 10, "cluster": 1, "rank": 0}, {"keep": True, "bytes": 10, "cluster": 1, "rank": 2}],
    [{"keep": True, "bytes": 10, "cluster": 1, "rank": 1}],
    [],
]


def test_a_duplicate_under_other_terms_is_marked_and_kept(tmp_path: Path) -> None:
    outcome = _elect(tmp_path, PAIR)
    assert [outcome.kept(0), outcome.kept(1)] == [[0], [0]]
    found = {(d["source"], d["outcome"], d["related"]) for d in outcome.decisions.iter_rows(named=True)}
    survivor = doc_id("judged-0", 0)
    assert found == {("letters", "dropped", survivor), ("mirror", "marked", survivor)}
    assert outcome.receipt.out["rules"] == [
        ["letters", "near_duplicate@1", "dropped", 1],
        ["mirror", "near_duplicate@1", "marked", 1],
    ]


def test_across_terms_drop_keeps_the_survivor_alone(tmp_path: Path) -> None:
    outcome = _elect(tmp_path, PAIR, deduplicate={"across_terms": "drop"})
    assert [outcome.kept(0), outcome.kept(1)] == [[0], []]
    assert set(outcome.decisions["outcome"]) == {"dropped"}


def test_every_kept_member_carries_the_size_of_its_cluster(tmp_path: Path) -> None:
    outcome = _elect(tmp_path, PAIR)
    assert [outcome.keep[file]["cluster_size"].to_list() for file in (0, 1)] == [[3], [3]]
    assert outcome.receipt.out["cluster_sizes"] == {"3": 1} and outcome.clusters.height == 3


def test_a_document_whose_id_repeats_is_broken_and_decided_on(tmp_path: Path) -> None:
    rows = [{"keep": True, "bytes": 5}, {"keep": True, "bytes": 5}, {"keep": True, "bytes": 5}]
    outcome = _elect(tmp_path, [rows, [], []], repeats=[int(numbers(0, np.array([1]))[0])])
    assert outcome.kept(0) == [0, 2]
    assert Counter(outcome.receipt.books) == Counter({"in": 3, "kept": 2, "broken": 1})
    (decision,) = outcome.decisions.iter_rows(named=True)
    assert (decision["doc_id"], decision["outcome"], decision["code"]) == (
        doc_id("judged-0", 1),
        "broken",
        "duplicate_native_id",
    )


def test_shards_are_named_by_what_is_in_them(tmp_path: Path) -> None:
    def digests(directory: str, keep: bool) -> list[str]:
        rows = [{"keep": True, "bytes": 5}, {"keep": keep, "bytes": 5}]
        outcome = _elect(tmp_path / directory, [rows, [], []])
        return [part[3] for shard in outcome.receipt.out["shards"] for part in shard["parts"]]

    assert digests("one", True) == digests("two", True) != digests("three", False)
