"""What is laid aside is found again by where it begins, and by nobody else."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dedup.spool import Spool, Texts


def test_pieces_of_many_threads_do_not_touch_each_other(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        pieces = [np.full(n % 50 + 1, n, np.int64) for n in range(300)]
        with ThreadPoolExecutor(8) as pool:
            begins = list(pool.map(lambda piece: spool.add(piece.data), pieces))
        for begin, piece in zip(begins, pieces, strict=True):
            out = np.empty_like(piece)
            spool.integers(begin, out)
            assert (out == piece).all()
        assert spool.size == sum(piece.nbytes for piece in pieces)


def test_it_has_no_name(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add("비밀".encode())
        assert list(tmp_path.iterdir()) == []


@settings(deadline=None)
@given(st.lists(st.text("가나다a", max_size=8), max_size=12), st.randoms(use_true_random=False))
def test_texts_are_taken_by_number_whatever_the_order_they_came_in(texts: list[str], shuffler: object) -> None:
    order = list(range(len(texts)))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    begins, sizes = np.zeros(len(texts), np.int64), np.array([len(t.encode()) for t in texts], np.int64)
    with Spool(Path(tempfile.gettempdir())) as spool:
        for number in order:
            begins[number] = spool.add(texts[number].encode())
        laid = Texts(spool, begins, sizes)
        assert laid.take(np.array(order, np.int64)).to_pylist() == [texts[n] for n in order]
