import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stages.connect import ConnectTask, connect_task
from pipelines.stages.group import EDGES, EXACT, NATIVE
from pipelines.stages.index import numbers
from pipelines.tasks import Context, Receipt
from tests.pipelines.plans import WORK, context, index_of, source, write_judged

FILES, ROWS = 2, 12
DOCUMENTS = [int(n) for file in range(FILES) for n in numbers(file, np.arange(ROWS))]
PAIRS = st.lists(st.tuples(st.sampled_from(DOCUMENTS), st.sampled_from(DOCUMENTS)), max_size=25)


def _group(made: Context, name: str, column: str, pairs: list[tuple[int, int]]) -> Receipt:
    table = pa.Table.from_pylist([{"left": a, "right": b} for a, b in pairs], schema=EDGES)
    made.write(WORK, made.path(WORK, "group", name), table)
    return Receipt("group", name, "", {}, {"column": column})


def _connect(
    made: Context, pairs: list[tuple[int, int]], repeats: list[tuple[int, int]], chunk_bytes: int, sizes: list[int]
) -> tuple[Receipt, dict[str, pl.DataFrame]]:
    for file in range(FILES):
        write_judged(made, f"j{file}", {"bytes": sizes[file * ROWS : (file + 1) * ROWS]})
    index = index_of(made, [("letters", f"j{file}", ROWS, ROWS) for file in range(FILES)])
    groups = [_group(made, "g", EXACT, pairs), _group(made, "n", NATIVE, repeats)]
    task = connect_task(made.plan, index, groups)
    task = ConnectTask(task.name, task.zone, task.index, task.groups, chunk_bytes)
    receipt = task.run(made)
    kept = ("candidates", "edges", "repeats", "starts")
    return receipt, {
        what: pl.DataFrame(made.read(WORK, made.path(WORK, "connect", f"{task.name}.{what}"))) for what in kept
    }


def _components(pairs: list[tuple[int, int]]) -> list[set[int]]:
    """By brute force: sets are merged until nothing changes."""
    sets = [set(pair) for pair in pairs]
    merged = True
    while merged:
        merged = False
        for one in sets:
            for other in sets:
                if one is not other and one & other:
                    one |= other
                    sets.remove(other)
                    merged = True
                    break
            if merged:
                break
    return sets


@given(PAIRS, st.integers(1, 500), st.lists(st.integers(1, 200), min_size=FILES * ROWS, max_size=FILES * ROWS))
@settings(max_examples=25)
def test_every_component_is_in_one_chunk_and_every_chunk_holds_whole_components(
    pairs: list[tuple[int, int]], chunk_bytes: int, sizes: list[int]
) -> None:
    import tempfile

    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    with tempfile.TemporaryDirectory() as directory:
        made = context(Path(directory), [source("letters")])
        receipt, kept = _connect(made, pairs, [], chunk_bytes, sizes)
    chunk = dict(kept["candidates"].select("document", "chunk").iter_rows())
    components = _components(pairs)
    assert set(chunk) == {document for pair in pairs for document in pair}
    for component in components:
        assert len({chunk[document] for document in component}) == 1
    assert sorted(set(chunk.values())) == list(range(receipt.out["chunks"]))
    # A chunk is cut when it is full: without its last component it always fits.
    size = dict(zip(DOCUMENTS, sizes, strict=True))
    for number in set(chunk.values()):
        inside = [sum(size[d] for d in c) for c in components if chunk[next(iter(c))] == number]
        assert len(inside) == 1 or sum(inside) <= chunk_bytes


@given(PAIRS)
@settings(max_examples=15)
def test_edges_stand_once_by_chunk_and_between_candidates_of_that_chunk(pairs: list[tuple[int, int]]) -> None:
    import tempfile

    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    with tempfile.TemporaryDirectory() as directory:
        made = context(Path(directory), [source("letters")])
        receipt, kept = _connect(made, pairs * 2, [], 300, [100] * (FILES * ROWS))
    chunk = dict(kept["candidates"].select("document", "chunk").iter_rows())
    edges = kept["edges"]
    assert set(edges.select("left", "right").iter_rows()) == set(pairs)
    assert receipt.out["edges"] == edges.height == len(set(pairs))
    starts = kept["starts"]["start"].to_list()
    assert (starts[0], starts[-1], len(starts)) == (0, edges.height, receipt.out["chunks"] + 1)
    for number, (first, end) in enumerate(itertools.pairwise(starts)):
        inside = edges[first:end]
        assert inside.height and {chunk[d] for edge in inside.iter_rows() for d in edge} == {number}
        assert inside.equals(inside.sort("left", "right"))


def test_a_document_whose_id_repeats_is_no_candidate(tmp_path: Path) -> None:
    made = context(tmp_path, [source("letters")])
    a, b, c = DOCUMENTS[:3]
    receipt, kept = _connect(made, [(a, b), (b, c)], [(a, b)], 1000, [1] * (FILES * ROWS))
    assert kept["repeats"]["document"].to_list() == [b]
    assert kept["candidates"].height == 0 and (receipt.out["repeats"], receipt.out["chunks"]) == (1, 0)


def test_without_edges_there_is_no_chunk(tmp_path: Path) -> None:
    receipt, kept = _connect(context(tmp_path, [source("letters")]), [], [], 10, [1] * (FILES * ROWS))
    assert (receipt.out["chunks"], receipt.out["candidates"], receipt.out["files"]) == (0, 0, [])
    assert kept["edges"].height == 0


def test_the_name_depends_on_the_groups_and_on_no_order_of_theirs(tmp_path: Path) -> None:
    made = context(tmp_path, [source("letters")])
    index = index_of(made, [])
    groups = [Receipt("group", name, "", {}, {"column": column}) for name, column in (("g1", EXACT), ("g2", "b0"))]
    named = connect_task(made.plan, index, groups).name
    assert connect_task(made.plan, index, groups[::-1]).name == named
    assert connect_task(made.plan, index, groups[:1]).name != named
