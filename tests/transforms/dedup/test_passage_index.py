from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup.passage_index import HELD, held, met, without

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 5)), max_size=20)


def _held(pairs: Any) -> Any:
    keys, members = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    return held(1, keys, members)


@given(PAIRS)
def test_a_document_has_a_passage_once_and_rows_are_in_order(pairs: Any) -> None:
    rows = _held(pairs)
    assert rows.schema == HELD
    assert [tuple(row.values()) for row in rows.to_pylist()] == [(1, *pair) for pair in sorted(set(pairs))]


@given(PAIRS, st.sets(st.integers(-4, 4)))
def test_what_is_met_is_what_is_wanted(pairs: Any, wanted: set[int]) -> None:
    found = met(_held(pairs), np.array(sorted(wanted), np.int64))
    assert {(row["key"], row["member"]) for row in found.to_pylist()} == {p for p in pairs if p[0] in wanted}


@given(PAIRS, st.sets(st.integers(0, 5)))
def test_without_members_is_as_if_they_had_never_been(pairs: Any, gone: set[int]) -> None:
    left = [member for member in range(6) if member not in gone]
    wanted = _held([(key, left.index(member)) for key, member in pairs if member not in gone])
    assert without(_held(pairs), ~np.isin(np.arange(6), list(gone))).equals(wanted)
