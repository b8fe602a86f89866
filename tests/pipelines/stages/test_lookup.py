from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipelines.stages.index import Index, Judged, numbers
from pipelines.stages.lookup import anchors, lookup_tasks
from pipelines.stages.released import RELEASED, Released, keep, table_names
from pipelines.tasks import Context
from tests.pipelines.plans import WORK, context, doc_id, key_of, source, write_judged
from transforms.dedup.index import new_run
from transforms.dedup.presets import preset

BANDS = preset("korean").bands


def _released(made: Context, release: str, files: int, text_keys: list[str], keys: list[int]) -> list[Judged]:
    """An index of documents spread over some files in turn; all bands have the same key. Returns its files."""
    count = len(text_keys)
    docs = np.sort((np.arange(count) % files << 32) | np.arange(count))
    digests = pa.array([key_of(text) for text in text_keys], pa.binary(16))
    ids = [doc_id(release, n) for n in range(count)]
    members = pa.table([docs, digests, ids, [10 * n for n in range(count)]], schema=RELEASED)
    old = tuple(Judged("letters", "z", f"{release}-{n}", "j", 100, 0, 1) for n in range(files))
    where = made.home.index("test") / release
    label = Released(where, "korean", "raw", old, (source("letters"),), table_names(), count)
    wide = np.array(keys, np.int64)[:, np.newaxis]
    keep(label, made.keys, members, (new_run(docs, wide, digests) for _ in range(BANDS)))
    return [Judged(f.source, f.zone, f.staged, "base", f.rows, 0, 1, release) for f in old]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    """Two new files, the second with a row that Judge dropped, and two releases, of one file and of two."""
    made = context(tmp_path, base_release="base", released=("r1", "r2"))
    write_judged(made, "j0", {"text_key": [key_of(t) for t in "abc"], "b3": [1 << 20, 2 << 20, 3 << 20]})
    write_judged(made, "j1", {"text_key": [key_of(t) for t in "ad"], "b3": [1 << 20, 9 << 20], "keep": [False, True]})
    new = [Judged("letters", "letters", f"s{n}", f"j{n}", 3 - n, 3 - 2 * n, 1) for n in range(2)]
    old = _released(made, "r1", 1, ["a", "x"], [5 << 20, 1 << 20])
    old += _released(made, "r2", 2, ["d", "y", "b"], [9 << 20, 9 << 20, 2 << 20])
    index = Index((*new, *old))
    index.save(made)
    return made, index


def _edges(made: Context, index: Index) -> dict[str, set[tuple[int, int]]]:
    found = {}
    for task in lookup_tasks(made.plan, index):
        receipt = task.run(made)
        table = made.read(WORK, made.path(WORK, "group", task.name))
        ends = zip(table["left"].to_pylist(), table["right"].to_pylist(), strict=True)
        found[receipt.out["column"]] = set(ends)
        assert receipt.out["edges"] == table.num_rows
    return found


def _number(file: int, row: int) -> int:
    return int(numbers(file, np.array([row]))[0])


def test_every_key_column_meets_the_documents_of_every_release(world: Any) -> None:
    made, index = world
    found = _edges(made, index)
    assert len(found) == 2 * (1 + BANDS)
    assert found["text_key@r1"] == {(_number(2, 0), _number(0, 0))}
    # Of r2: rows 0 and 2 stand in its first file, row 1 in its second. A row that Judge dropped meets nothing.
    assert found["text_key@r2"] == {(_number(3, 0), _number(1, 1)), (_number(4, 1), _number(0, 1))}
    assert found["b3@r1"] == {(_number(2, 1), _number(0, 0))}
    assert {right for _, right in found["b3@r2"]} == {_number(1, 1), _number(0, 1)}
    assert not any(edges for column, edges in found.items() if column.startswith(("b0", "b7")))


def test_anchors_are_found_by_number_across_releases(world: Any) -> None:
    made, index = world
    documents = np.array([_number(2, 1), _number(3, 0), _number(4, 1)])
    table = anchors(made, index, documents)
    assert table["doc_id"].to_pylist() == [doc_id("r1", 1), doc_id("r2", 0), doc_id("r2", 2)]
    assert table["chars"].to_pylist() == [10, 0, 20]
    assert anchors(made, index, np.empty(0, np.int64)).num_rows == 0


def test_only_a_run_that_adds_looks_up_and_names_follow_the_index(world: Any) -> None:
    made, index = world
    plain = made.plan.model_copy(update={"released": ()})
    assert lookup_tasks(plain, index) == []
    names = {task.name for task in lookup_tasks(made.plan, index)}
    other = Index(tuple(f if f.release is None else replace(f, judged="E") for f in index.files))
    assert len(names) == 2 * (1 + BANDS) and not names & {task.name for task in lookup_tasks(made.plan, other)}
