from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stages.index import Index, Judged, file_of, in_file, numbers, row_of
from pipelines.tasks import Receipt
from tests.pipelines.plans import context, source

FILES = st.integers(0, 2**30)
ROWS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=20)


@given(FILES, ROWS)
def test_a_number_leads_back_to_its_file_and_row(file: int, rows: list[int]) -> None:
    documents = numbers(file, np.array(rows, np.int64))
    assert documents.dtype == np.int64 and (documents >= 0).all()
    assert file_of(documents).tolist() == [file] * len(rows)
    assert row_of(documents).tolist() == rows


@given(FILES, FILES, ROWS)
def test_rows_of_two_files_never_share_a_number(first: int, second: int, rows: list[int]) -> None:
    ours, theirs = (set(numbers(f, np.array(rows, np.int64)).tolist()) for f in (first, second))
    assert first == second or not ours & theirs


@given(FILES, ROWS, FILES)
def test_in_file_finds_the_rows_of_that_file_alone(file: int, rows: list[int], other: int) -> None:
    frame = pl.DataFrame({"document": np.concatenate([numbers(f, np.array(rows, np.int64)) for f in (file, other)])})
    found = frame.filter(in_file("document", file)).height
    assert found == (2 if file == other else 1) * len(rows)


def _judged(name: str, source_name: str, staged: str) -> Receipt:
    return Receipt("judge", name, source_name, {"kept": 2}, {"staged": [source_name, source_name, staged, 3, 99]})


def test_files_stand_in_the_plans_order_whatever_order_they_came_in(tmp_path: Path) -> None:
    made = context(tmp_path, [source("b-second"), source("a-first")])
    receipts = [_judged("j1", "a-first", "s2"), _judged("j2", "b-second", "s3"), _judged("j3", "a-first", "s1")]
    index = Index.of(made.plan, receipts)
    assert [(f.source, f.staged, f.judged) for f in index.files] == [
        ("b-second", "s3", "j2"),
        ("a-first", "s1", "j3"),
        ("a-first", "s2", "j1"),
    ]
    assert Index.of(made.plan, receipts[::-1]) == index


def test_what_is_saved_is_read_back_and_saved_once(tmp_path: Path) -> None:
    made = context(tmp_path)
    index = Index((Judged("letters", "letters", "s", "j", 3, 2, 99),))
    index.save(made)
    assert Index.load(made, index.name) == index
    path = made.path(made.plan.work_zone, "index", index.name, ".json")
    before = path.stat().st_mtime_ns
    index.save(made)
    assert path.stat().st_mtime_ns == before


def test_the_name_changes_with_any_file_behind_it() -> None:
    def index(**change: str) -> str:
        return Index(
            (
                Judged(
                    **({"source": "s", "zone": "z", "staged": "a", "judged": "j"} | change),
                    rows=1,
                    kept=1,
                    text_bytes=1,
                ),
            )
        ).name

    assert len({index(), index(staged="b"), index(judged="k"), index(source="t")}) == 4
