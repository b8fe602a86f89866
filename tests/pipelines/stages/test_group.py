from pathlib import Path

import polars as pl
import pytest

from pipelines.stages.group import EXACT, NATIVE, group_tasks
from pipelines.stages.index import Index, numbers
from pipelines.tasks import Context
from tests.pipelines.plans import CHOSEN, WORK, context, index_of, key_of, source, write_judged


def _edges(made: Context, index: Index, column: str) -> set[tuple[int, int]]:
    (task,) = [t for t in group_tasks(made.plan, index) if t.column == column]
    receipt = task.run(made)
    table = pl.DataFrame(made.read(WORK, made.path(WORK, "group", task.name)))
    assert receipt.out == {"column": column, "edges": table.height}
    return set(table.iter_rows())


def _number(file: int, row: int) -> int:
    return int(numbers(file, pl.Series([row]).to_numpy())[0])


@pytest.fixture
def made(tmp_path: Path) -> Context:
    return context(tmp_path, [source("letters"), source("texts")])


def test_documents_with_one_text_are_joined_across_files(made: Context) -> None:
    same = key_of("same")
    write_judged(made, "one", {"text_key": [same, key_of("a"), same]})
    write_judged(made, "two", {"text_key": [key_of("b"), same]})
    index = index_of(made, [("letters", "one", 3, 3), ("texts", "two", 2, 2)])
    edges = _edges(made, index, EXACT)
    joined = {_number(0, 0), _number(0, 2), _number(1, 1)}
    assert {document for edge in edges for document in edge} == joined and len(edges) == 2


def test_a_document_that_was_dropped_is_nobodys_candidate(made: Context) -> None:
    same = key_of("same")
    write_judged(made, "one", {"text_key": [same, same], "keep": [True, False]})
    write_judged(made, "two", {"text_key": [same], "keep": [False]})
    index = index_of(made, [("letters", "one", 2, 1), ("texts", "two", 1, 0)])
    assert _edges(made, index, EXACT) == set()


def test_one_equal_band_makes_a_candidate_pair(made: Context) -> None:
    write_judged(made, "one", {"b3": [7, 8, 7]})
    index = index_of(made, [("letters", "one", 3, 3)])
    assert _edges(made, index, "b3") == {(_number(0, 0), _number(0, 2))}
    assert _edges(made, index, "b2") == set()


def test_of_a_repeated_id_the_first_by_item_and_place_is_kept(made: Context) -> None:
    same = key_of("id")
    # Written later in the file but earlier in the snapshot: item and offset decide, not the row.
    write_judged(made, "one", {"native_key": [same, same, key_of("x")], "item": [1, 0, 0], "offset": [5, 9, 1]})
    write_judged(made, "two", {"native_key": [same], "item": [0], "offset": [3]})
    index = index_of(made, [("letters", "one", 3, 3), ("letters", "two", 1, 1)])
    first = _number(1, 0)
    assert _edges(made, index, NATIVE) == {(first, _number(0, 0)), (first, _number(0, 1))}


def test_no_documents_make_no_edges(made: Context) -> None:
    write_judged(made, "none", {"text_key": []})
    index = index_of(made, [("letters", "none", 0, 0)])
    assert [_edges(made, index, column) for column in (EXACT, NATIVE, "b0")] == [set(), set(), set()]


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({}, [NATIVE, EXACT, *(f"b{n}" for n in range(CHOSEN.bands))]),
        ({"near": False}, [NATIVE, EXACT]),
        ({"exact": False, "near": False}, [NATIVE]),
    ],
)
def test_a_column_is_grouped_when_the_recipe_uses_it(tmp_path: Path, settings: dict, columns: list[str]) -> None:
    made = context(tmp_path, recipe={"deduplicate": settings})
    index = Index(())
    tasks = group_tasks(made.plan, index)
    assert [task.column for task in tasks] == columns and len({task.name for task in tasks}) == len(columns)
