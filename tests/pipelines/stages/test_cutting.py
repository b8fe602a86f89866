from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.ledger import write_cuts, write_ledger
from governance.records.schemas import DECISION
from pipelines.stages.cutting import LEFT_RULE, MARKS, Place, Repeated, cut_marked, without
from pipelines.stages.index import numbers
from pipelines.stages.passages import PLACES
from tests.pipelines.plans import WORK, context, doc_id

RULE = "repeated_line_in_source@1"


def _rows(*texts: str) -> pa.Table:
    ids = [doc_id("letters", n) for n in range(len(texts))]
    return pa.table({"doc_id": ids, "text": pa.array(texts, pa.large_string()), "chars": [len(t) for t in texts]})


def _marks(*places: tuple[int, int, int], **said: Any) -> pa.Table:
    same = {"rule": RULE, "measured": 4.0, "bound": 3.0, "code": None, "related": None, "left": 0} | said
    return pa.Table.from_pylist([{"row": r, "begin": b, "end": e, **same} for r, b, e in places], schema=MARKS)


def test_nothing_marked_is_nothing_changed() -> None:
    rows = _rows("가나다", "라")
    outcome = cut_marked(rows, MARKS.empty_table(), "letters")
    assert outcome.rows.equals(rows) and not outcome.decisions and outcome.cuts.num_rows == outcome.chars == 0


PLACE = st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 40))


@given(st.lists(st.text("가a\u00e9 \n", max_size=14), min_size=3, max_size=3), st.lists(PLACE, max_size=8))
@settings(max_examples=200)
def test_what_stands_in_no_place_stays_and_nothing_else(texts: list[str], places: list[tuple[int, int, int]]) -> None:
    # Places in whole characters, in any order, overlapping or not; empty ones are none.
    wanted = [list(text) for text in texts]
    marks = []
    for row, one, other in places:
        begin, end = sorted((min(one, len(texts[row])), min(other, len(texts[row]))))
        if begin < end:
            marks.append((row, len(texts[row][:begin].encode()), len(texts[row][:end].encode())))
            wanted[row][begin:end] = [""] * (end - begin)
    left = without(pa.array(texts, pa.large_string()), _marks(*marks))
    touched = {row for row, _, _ in marks}
    assert left.to_pylist() == ["".join(w).strip() if n in touched else texts[n] for n, w in enumerate(wanted)]


def test_a_cut_is_written_down_in_code_points_of_the_staged_text(tmp_path: Path) -> None:
    rows = _rows("첫 줄\n둘째 줄\n끝", "가나다")
    begin, end = len("첫 줄\n".encode()), len("첫 줄\n둘째 줄\n".encode())
    outcome = cut_marked(rows, _marks((0, begin, end), related=doc_id("letters", 1)), "letters")
    assert outcome.rows["text"].to_pylist() == ["첫 줄\n끝", "가나다"] and outcome.chars == 5
    (cut,) = outcome.cuts.to_pylist()
    assert "첫 줄\n둘째 줄\n끝"[cut["start"] : cut["end"]] == "둘째 줄\n"
    assert (cut["doc_id"], cut["measured"], cut["related"]) == (doc_id("letters", 0), 4.0, doc_id("letters", 1))
    (decision,) = outcome.decisions
    assert (decision["outcome"], decision["measured"], decision["bound"]) == ("cut", 4.0, 3.0)
    assert write_cuts(tmp_path / "c.parquet", outcome.cuts) == 1
    assert write_ledger(tmp_path / "d.parquet", pa.Table.from_pylist(outcome.decisions, schema=DECISION)) == 1


def test_one_decision_a_document_and_rule_says_the_most() -> None:
    rows = _rows("가나다라마바사")
    marks = pa.concat_tables([_marks((0, 0, 3)), _marks((0, 3, 6), measured=9.0), _marks((0, 0, 3), rule="other@1")])
    outcome = cut_marked(rows, marks, "letters")
    assert [(d["rule"], d["measured"]) for d in outcome.decisions] == [("other@1", 4.0), (RULE, 9.0)]
    assert outcome.cuts.num_rows == 3 and outcome.rows["text"].to_pylist() == ["다라마바사"]


def test_a_document_of_which_too_little_is_left_is_dropped_and_others_are_not_judged() -> None:
    rows = _rows("가나다라마", "가나다라마", "가", "가나다")
    outcome = cut_marked(rows, _marks((0, 0, 3), (1, 0, 6), (3, 0, 9), left=4), "letters")
    assert outcome.rows["text"].to_pylist() == ["나다라마", "가"]
    dropped = [d for d in outcome.decisions if d["outcome"] == "dropped"]
    assert [(d["doc_id"], d["rule"], d["measured"], d["bound"]) for d in dropped] == [
        (doc_id("letters", 1), LEFT_RULE, 3.0, 4.0),
        (doc_id("letters", 3), LEFT_RULE, 0.0, 4.0),
    ]
    # Nothing at all is too little for any recipe.
    empty = cut_marked(_rows("가나다"), _marks((0, 0, 9), left=0), "letters")
    assert empty.rows.num_rows == 0


def test_the_places_of_a_file_meet_the_batches_that_hold_their_rows(tmp_path: Path) -> None:
    passages = [{"unit": "line", "at_least_documents": 2}, {"unit": "paragraph", "scope": "corpus"}]
    made = context(tmp_path, recipe={"deduplicate": {"passages": passages, "left_at_least": 7}})
    places = [
        {"document": int(n), "rule": rule, "begin": 0, "end": 3, "documents": 5, "first": first}
        for n, rule, first in zip(numbers(1, np.array([2, 2, 9])), (0, 1, 1), ("a", None, "b"), strict=True)
    ]
    other = {"document": int(numbers(0, np.array([2]))[0]), "rule": 0, "begin": 0, "end": 3, "documents": 5}
    table = pa.Table.from_pylist([{**other, "first": "z"}, *places], schema=PLACES)
    made.write(WORK, made.path(WORK, "repeats", "r"), table)
    assert Repeated.load(made, WORK, ()) is None
    repeated = Repeated.load(made, WORK, (Place("r", 1, 4, "digest"),))
    assert repeated is not None
    marks = repeated.marks(made, 1, np.array([0, 2, 5])).to_pylist()
    assert [(m["row"], m["rule"], m["bound"], m["related"], m["left"]) for m in marks] == [
        (1, "repeated_line_in_source@1", 2.0, "a", 7),
        (1, "repeated_paragraph_in_corpus@1", 3.0, None, 7),
    ]
    assert repeated.marks(made, 1, np.array([3, 4])).num_rows == 0
