import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.records.schemas import STAGED
from pipelines.stages.blank import blank, is_blank
from tests.pipelines.plans import staged

FIELDS = ["text", "title", "url", "author", "native_id"]


def _table(count: int) -> pa.Table:
    words = [f"비밀 {n}" for n in range(count)]
    return staged("letters", words, title=words, url=words, author=words, native_id=words)


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_blanked_rows_lose_every_text_and_the_others_nothing(erased: list[bool]) -> None:
    before = _table(len(erased))
    after = blank(before, np.array(erased))
    assert after.schema == STAGED and after.num_rows == len(erased)
    for row, (gone, old, new) in enumerate(zip(erased, before.to_pylist(), after.to_pylist(), strict=True)):
        if not gone:
            assert new == old
            continue
        assert [new[name] for name in FIELDS] == [None, None, None, None, ""]
        assert (new["chars"], new["bytes"], set(new["signature"])) == (0, 0, {0})
        assert f"비밀 {row}".encode() not in repr(new).encode()


def test_a_blanked_row_keeps_what_lets_it_be_found() -> None:
    before = _table(2)
    after = blank(before, np.array([True, False]))
    for name in ("doc_id", "native_key", "text_key", "item", "offset", "length"):
        assert after[name] == before[name]


@pytest.mark.parametrize("erased", [[False, False], [True, False], [True, True]])
def test_a_blanked_row_is_known_by_its_bytes(erased: list[bool]) -> None:
    table = blank(_table(2), np.array(erased))
    assert is_blank(table).tolist() == erased
    assert blank(table, np.array(erased)) == table
