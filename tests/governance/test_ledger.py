from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.ledger import write_cuts, write_ledger, write_spans
from governance.records.errors import IntegrityError
from governance.records.schemas import CUT, DECISION, SPAN
from tests.governance.small_release import decisions, doc_id

SPAN_ROW = {
    "doc_id": doc_id(1),
    "field": "text",
    "kind": "kr_phone",
    "start": 3,
    "end": 16,
    "score": 850,
    "recogniser": "phone@1",
    "action": "pseudonymise",
}


def spans(**changes: object) -> pa.Table:
    return pa.Table.from_pylist([SPAN_ROW, SPAN_ROW | {"start": 0, "end": 2} | changes], schema=SPAN)


def test_the_same_decisions_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    table = decisions(300)
    shuffled = table.take(np.random.default_rng(1).permutation(300))
    assert write_ledger(tmp_path / "a", table) == 300
    write_ledger(tmp_path / "b", shuffled.select(list(reversed(table.column_names))))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert pq.read_table(tmp_path / "a")["doc_id"].to_pylist() == sorted(table["doc_id"].to_pylist())


def test_spans_are_sorted_by_document_field_and_place(tmp_path: Path) -> None:
    write_spans(tmp_path / "a", spans())
    assert pq.read_table(tmp_path / "a")["start"].to_pylist() == [0, 3]


def test_a_cut_says_where_and_why_and_nothing_else(tmp_path: Path) -> None:
    row = {"doc_id": doc_id(1), "rule": "repeated_line_in_source@1", "start": 3, "end": 16, "measured": 4.0}
    assert write_cuts(tmp_path / "a", pa.Table.from_pylist([row], schema=CUT)) == 1
    for wrong in ({"rule": "되풀이된 문장"}, {"related": "김하늘의 회의록"}, {"code": "본문 한 줄"}):
        with pytest.raises(IntegrityError, match="do not have the shape"):
            write_cuts(tmp_path / "b", pa.Table.from_pylist([row | wrong], schema=CUT))


def test_a_ledger_may_be_empty(tmp_path: Path) -> None:
    assert write_ledger(tmp_path / "a", DECISION.empty_table()) == 0
    assert write_spans(tmp_path / "b", SPAN.empty_table()) == 0


def test_undeclared_and_missing_columns_are_refused(tmp_path: Path) -> None:
    for table in (decisions(1).append_column("note", pa.array(["x"])), decisions(1).drop_columns(["code"])):
        with pytest.raises(IntegrityError, match=r"undeclared or missing: (note|code)"):
            write_ledger(tmp_path / "a", table)
    assert list(tmp_path.iterdir()) == []


# Column, and a value of a document that someone might put there.
WRONG = [
    ("doc_id", "김하늘의 회의록"),
    ("doc_id", ""),
    ("source", "minutes; 회의록 본문"),
    ("stage", "Judge 2"),
    ("rule", "the text begins with 안녕"),
    ("rule", "no_version"),
    ("outcome", "maybe"),
    ("code", "010-1234-5678"),
    ("code", "sunny@example.invalid"),
    ("related", "https://example.invalid/1"),
]


@pytest.mark.parametrize(("column", "value"), WRONG)
def test_values_that_no_ledger_holds_are_refused_and_not_shown(tmp_path: Path, column: str, value: str) -> None:
    table = decisions(2)
    altered = pa.array([value, table[column][1].as_py()], pa.string())
    with pytest.raises(IntegrityError, match=f"column '{column}': 1 distinct") as caught:
        write_ledger(tmp_path / "a", table.set_column(table.column_names.index(column), column, altered))
    assert not value or value not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("column", "value"), [("field", "native_id"), ("action", "guess"), ("recogniser", "김하늘")])
def test_spans_hold_their_vocabulary_only(tmp_path: Path, column: str, value: str) -> None:
    with pytest.raises(IntegrityError, match=column):
        write_spans(tmp_path / "a", spans(**{column: value}))


@pytest.mark.parametrize("newline", ["doc\n", "judge\nx"])
def test_a_newline_does_not_hide_what_follows_it(tmp_path: Path, newline: str) -> None:
    table = decisions(1).set_column(2, "stage", pa.array([newline]))
    with pytest.raises(IntegrityError, match="stage"):
        write_ledger(tmp_path / "a", table)
