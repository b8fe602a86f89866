"""First pass: every text once, to band keys, an exact key and its sizes; no text is held."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.records.errors import ConfigError
from pipelines.dedup.rows import Block, Part, Rows, present
from pipelines.dedup.settings import Settings
from pipelines.dedup.spool import Spool
from transforms.dedup.near import sign
from transforms.dedup.windows import text_buffers
from transforms.text.keys import text_keys
from transforms.text.normalise import normalise

Made = TypeVar("Made")
Place: TypeAlias = tuple[int, int]  # number of a part, and of a block in it
# Nobody sees these keys: they live as long as the process does.
_KEY = bytes(32)


class Signed(NamedTuple):
    """What is known of the rows of one block."""

    ids: pa.Array
    chars: np.ndarray  # int32
    sizes: np.ndarray  # int64, UTF-8 bytes
    missing: np.ndarray  # row numbers inside the block whose text is null
    keys: int  # where the spool has them: all bands, then the two halves of the exact key, int64 a row each


@dataclass(frozen=True)
class Corpus:
    """All blocks, by part and by order in the part; documents are rows counted through."""

    blocks: tuple[tuple[Signed, ...], ...]
    spool: Spool
    bands: int

    @property
    def signed(self) -> Iterator[Signed]:
        """Every block in order."""
        return (block for part in self.blocks for block in part)

    @property
    def starts(self) -> list[np.ndarray]:
        """First document of each block, by part; int64."""
        counts = [np.array([len(b.ids) for b in part], np.int64) for part in self.blocks]
        firsts = np.cumsum([0, *(int(c.sum()) for c in counts)])
        return [first + np.cumsum(c) - c for first, c in zip(firsts, counts, strict=False)]

    def column(self, number: int) -> np.ndarray:
        """One key of every document, int64: a band, or `bands` and `bands + 1`, the exact key's halves."""
        blocks = list(self.signed)
        out = np.empty(sum(len(b.ids) for b in blocks), np.int64)
        begin = 0
        for block in blocks:
            rows = len(block.ids)
            self.spool.integers(block.keys + 8 * rows * number, out[begin : begin + rows])
            begin += rows
        return out


def each_block(parts: Sequence[Part], work: Callable[[Place, Block], Made], threads: int) -> list[list[Made]]:
    """Calls work((part, number), block) on `threads` threads, few blocks ahead; what it made, in order.

    An error ends the reading of all parts.
    """
    slots, stop = threading.BoundedSemaphore(2 * threads), threading.Event()

    def read(numbered: tuple[int, Part]) -> list[Made]:
        found: list[Future[Made]] = []
        for number, block in enumerate(numbered[1].blocks()):
            slots.acquire()
            if stop.is_set():
                slots.release()
                break
            future = workers.submit(work, (numbered[0], number), block)
            future.add_done_callback(done)
            found.append(future)
        return [future.result() for future in found]

    def done(future: Future[Made]) -> None:
        slots.release()
        if future.exception() is not None:
            stop.set()

    readers = max(1, min(threads, len(parts)))
    with ThreadPoolExecutor(threads) as workers, ThreadPoolExecutor(readers) as reading:
        try:
            return list(reading.map(read, enumerate(parts)))
        finally:
            stop.set()


def sign_all(parts: Sequence[Part], settings: Settings, spool: Spool, threads: int) -> Corpus:
    """Signs every document.

    Raises:
        ConfigError: a line that cannot be read, a null id, or an id that comes twice.
        MalmoiError: a damaged file.
    """
    bands = settings.chosen.bands if settings.near else 0
    made = each_block(parts, lambda _, block: _sign(block(), settings, spool), threads)
    corpus = Corpus(tuple(map(tuple, made)), spool, bands)
    _require_once(corpus)
    return corpus


def texts_of(rows: Rows, settings: Settings) -> pa.LargeStringArray:
    """The texts as they are compared."""
    text = present(rows.text)
    return normalise(text) if settings.normalise else text


def _sign(rows: Rows, settings: Settings, spool: Spool) -> Signed:
    text = texts_of(rows, settings)
    keys, sizes = [], np.diff(text_buffers(text)[0])
    if settings.near:
        keys.append(sign(text, settings.chosen, threads=1)[0])
    if settings.exact:
        keys.append(_halves(text_keys(text, _KEY)))
    missing = np.flatnonzero(rows.text.is_null().to_numpy(zero_copy_only=False))
    chars = pc.utf8_length(text).to_numpy(zero_copy_only=False).astype(np.int32)
    return Signed(rows.ids, chars, sizes, missing, spool.add(np.ascontiguousarray(np.concatenate(keys)).data))


def _halves(keys: pa.FixedSizeBinaryArray) -> np.ndarray:
    return np.frombuffer(keys.buffers()[1], np.int64, 2 * len(keys), 16 * keys.offset).reshape(-1, 2).T


def _require_once(corpus: Corpus) -> None:
    whole = pa.chunked_array([b.ids for b in corpus.signed] or [pa.array([], pa.large_string())])
    ids = pl.Series("id", whole)
    again = ids.is_first_distinct().not_().arg_true()
    if len(again):
        raise ConfigError(
            f"{len(again)} ids come a second time, the first of them at document {int(again[0]) + 1}, counted "
            "through the files in order; --id-column must name a column whose values are unique"
        )
