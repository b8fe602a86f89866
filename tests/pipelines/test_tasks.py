from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import restricted
from governance.records.errors import MissingKeyError
from pipelines.tasks import Context, Receipt, execute, receipt_path
from tests.pipelines.plans import WORK, context


@dataclass(frozen=True)
class Counting:
    """A task that notes each of its runs."""

    runs: list[int]
    name: str = "task"
    zone: str = WORK
    weight: int = 1
    stage: str = "judge"

    def run(self, made: Context) -> Receipt:
        self.runs.append(1)
        return Receipt(self.stage, self.name, "letters", {"in": 1, "kept": 1}, {"seen": len(self.runs)})


def test_a_task_runs_once_and_its_receipt_speaks_for_it_after(tmp_path: Path) -> None:
    made, task = context(tmp_path), Counting([])
    first, second = execute(task, made), execute(task, made)
    assert task.runs == [1] and (first.reused, second.reused) == (False, True)
    assert (first.books, first.out, first.cost) == (second.books, second.out, second.cost)


def test_a_receipt_says_what_the_task_cost(tmp_path: Path) -> None:
    receipt = execute(Counting([]), context(tmp_path))
    assert receipt.cost["seconds"] >= 0 and receipt.cost["cpu_s"] >= 0 and receipt.cost["peak_rss_mb"] > 1


def test_a_task_that_fails_leaves_no_receipt(tmp_path: Path) -> None:
    class Failing(Counting):
        def run(self, made: Context) -> Receipt:
            raise ValueError("it broke")

    made, task = context(tmp_path), Failing([])
    with pytest.raises(ValueError, match="it broke"):
        execute(task, made)
    assert not receipt_path(task, made.home).exists()


def test_reused_is_no_part_of_what_is_written() -> None:
    kept = Receipt("judge", "n", "s", {"in": 1}, {"a": [1]}, {"seconds": 2.0})
    assert (
        Receipt("judge", "n", "s", {"in": 1}, {"a": [1]}, {"seconds": 2.0}, reused=True).to_bytes() == kept.to_bytes()
    )


def test_what_is_written_is_read_back_and_an_empty_table_too(tmp_path: Path) -> None:
    made = context(tmp_path)
    for name, table in {"some": pa.table({"n": [1, 2]}), "none": pa.table({"n": pa.array([], pa.int64())})}.items():
        path = made.path(WORK, "judge", name)
        made.write(WORK, path, table)
        assert made.read(WORK, path) == table and path.read_bytes()[-4:] == b"PARE"


def test_a_file_of_one_zone_does_not_open_with_the_key_of_another(tmp_path: Path) -> None:
    made = context(tmp_path)
    path = made.path(WORK, "judge", "n")
    made.write(WORK, path, pa.table({"n": [1]}))
    with pytest.raises(MissingKeyError, match="encrypted under key"):
        made.read("letters", path)


@given(st.integers(1, 40), st.integers(1, 7), st.data())
@settings(max_examples=20)
def test_groups_give_exactly_the_row_groups_that_hold_the_rows(rows: int, group_rows: int, data: st.DataObject) -> None:
    import tempfile

    start = data.draw(st.integers(0, rows - 1))
    stop = data.draw(st.integers(start + 1, rows))
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(restricted, "ROW_GROUP_ROWS", group_rows)
        made = context(Path(directory))
        path = made.path(WORK, "prepare", "n")
        table = pa.table({"n": list(range(rows))})
        made.write(WORK, path, pa.Table.from_batches(table.to_batches(max_chunksize=group_rows)))
        found = [(first, part["n"].to_pylist()) for first, part in made.groups(WORK, path, (start, stop))]
        exact = [n for part in made.rows(WORK, path, (start, stop), ["n"]) for n in part["n"].to_pylist()]
    assert exact == list(range(start, stop))
    assert all(numbers[0] == first for first, numbers in found)
    read = [n for _, numbers in found for n in numbers]
    assert set(range(start, stop)) <= set(read) and read == sorted(set(read))
    # No row group is read in vain.
    assert all(first < stop and first + len(numbers) > start for first, numbers in found)
