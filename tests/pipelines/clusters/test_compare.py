"""A comparison loses no character, and says no character is on both sides that is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.clusters.compare import Row, compare, counted, groups

TEXTS = st.text("가나다 \n12.", max_size=60)


def said(rows: list[Row], side: str) -> str:
    lines = [getattr(row, side) for row in rows]
    return "\n".join("".join(piece.text for piece in line) for line in lines if line is not None)


def same(rows: list[Row], side: str) -> str:
    return "".join(p.text for row in rows for p in getattr(row, side) or () if not p.changed)


@settings(max_examples=300, deadline=None)
@given(left=TEXTS, right=TEXTS)
def test_each_side_says_its_text_and_what_is_the_same_is_the_same(left: str, right: str) -> None:
    rows = compare(left, right)
    assert (said(rows, "left"), said(rows, "right")) == (left, right)
    assert same(rows, "left") == same(rows, "right")
    numbers = [
        [getattr(r, f"{side}_number") for r in rows if getattr(r, side) is not None] for side in ("left", "right")
    ]
    assert [list(range(1, len(n) + 1)) for n in numbers] == numbers
    counts = counted(rows)
    assert counts["same"] + counts["left_only"] == len(left.replace("\n", ""))
    assert counts["same"] + counts["right_only"] == len(right.replace("\n", ""))


def test_equal_texts_have_no_change() -> None:
    rows = compare("가\n\n나", "가\n\n나")
    assert all(row.equal for row in rows) and counted(rows)["left_only"] == 0
    assert [group.fold for group in groups(rows)] == [True]


@pytest.mark.parametrize(
    ("left", "right", "changed"),
    [("과태료 10,137원을", "과태료 20,137원을", ("1", "2")), ("기한은 7일로", "기한은 14일로", ("7", "14"))],
)
def test_inside_a_line_only_what_differs_is_marked(left: str, right: str, changed: tuple[str, str]) -> None:
    (row,) = compare(left, right)
    marked = tuple("".join(p.text for p in side or () if p.changed) for side in (row.left, row.right))
    assert marked == changed


def test_a_line_that_only_one_side_has_stands_alone() -> None:
    rows = compare("첫째\n둘째\n셋째", "첫째\n셋째")
    assert [(r.left_number, r.right_number) for r in rows] == [(1, 1), (2, None), (3, 2)]


def test_long_equal_stretches_fold_and_leave_context() -> None:
    lines = [f"{n}번 줄" for n in range(20)]
    found = groups(compare("\n".join(lines), "\n".join([*lines[:10], "다른 줄", *lines[11:]])))
    assert [(len(group.rows), group.fold) for group in found] == [(8, True), (5, False), (7, True)]


def test_long_texts_without_line_feeds_take_no_time() -> None:
    left = " ".join(f"{n * n % 9973}번째 말" for n in range(12_000))
    rows = compare(left, left.replace("5번째", "6번째"))
    assert len(rows) == 1 and said(rows, "left") == left
