import numpy as np
import pyarrow as pa

from pipelines.stages.estimate import estimated


def _sketch(changed: int) -> bytes:
    """A sketch of 128 bytes with so many unlike that of nought changed."""
    return bytes([255] * changed + list(range(changed, 128)))


def _table(*rows: tuple[str | None, bytes | None]) -> pa.Table:
    texts, sketches = zip(*rows, strict=True)
    return pa.table({"text": pa.array(texts, pa.large_string()), "sketch": pa.array(sketches, pa.binary())})


def _edges(*pairs: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    return left, right


def test_a_new_document_goes_to_the_best_ranked_purged_one_that_it_is_like() -> None:
    # New 0 is like both purged ones; new 1 is like none enough; 4 has no sketch.
    table = _table(("가", _sketch(0)), ("나", _sketch(60)), (None, _sketch(10)), (None, _sketch(20)), (None, None))
    rank = np.array([9, 8, 7, 0, 1])
    left, right = _edges((2, 0), (0, 3), (4, 0), (2, 1), (3, 1))
    found = estimated(table, rank, left, right, 0.8)
    assert (found.rows.tolist(), found.survivors.tolist()) == ([0], [3])
    assert found.similarities.tolist() == [108 / 128]


def test_texts_that_are_there_and_pairs_of_purged_ones_are_not_estimated() -> None:
    same = _sketch(0)
    table = _table(("가", same), ("나", same), ("released", None), (None, same), (None, same))
    found = estimated(table, np.arange(5), *_edges((0, 1), (3, 4), (2, 3)), 0.5)
    assert len(found.rows) == len(found.survivors) == len(found.similarities) == 0


def test_the_bound_is_met_exactly() -> None:
    table = _table(("가", _sketch(0)), (None, _sketch(64)))
    for bound, rows in ((0.5, [0]), (0.501, [])):
        assert estimated(table, np.array([1, 0]), *_edges((1, 0)), bound).rows.tolist() == rows
