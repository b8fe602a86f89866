"""Candidates to clusters: buckets, components, and a second pass for the texts of those that met somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from governance.records.errors import MalmoiError
from pipelines.dedup.rows import Block, Part
from pipelines.dedup.settings import Settings
from pipelines.dedup.signing import Corpus, Place, each_block, texts_of
from pipelines.dedup.spool import Spool, Texts
from pipelines.dedup.steps import Steps
from transforms.dedup.candidates import bucket_edges, exact_edges, packed, union_packed, unpacked
from transforms.dedup.components import packed_components
from transforms.dedup.verify import counters, verify
from transforms.dedup.windows import text_buffers

_GROUPING_THREADS = 4


class Clusters(NamedTuple):
    """What became of the documents that met another; all others keep themselves."""

    docs: np.ndarray  # int64, sorted
    survivor: np.ndarray  # int64 document numbers
    jaccard: np.ndarray  # float64, to the survivor; 1 for the survivor itself and for its exact duplicates
    exact: np.ndarray  # bool, has the survivor's letters and digits
    round: np.ndarray  # int64, as `verify` says


class _Met(NamedTuple):
    """Documents that met another, in order of number; everything else here counts in their places."""

    docs: np.ndarray
    root: np.ndarray
    rank: np.ndarray
    twin: np.ndarray  # place of the best-ranked document with the same letters and digits, often its own
    sizes: np.ndarray  # UTF-8 bytes

    @property
    def single(self) -> np.ndarray:
        """Places whose texts are compared."""
        return np.flatnonzero(self.twin == np.arange(len(self.twin)))


class _Chunk(NamedTuple):
    places: np.ndarray
    left: np.ndarray
    right: np.ndarray


def settle(parts: Sequence[Part], corpus: Corpus, settings: Settings, spool: Spool, steps: Steps) -> Clusters:
    """Clusters of a signed corpus, every member compared with its survivor.

    Args:
        parts: as they were signed, read a second time.
        corpus: what signing left.
        settings: bound, measure and rounds.
        spool: where the candidates' texts go.
        steps: told what each step counted.

    Raises:
        MalmoiError: a file changed since it was signed.
    """
    with steps.step("group") as counts:
        edges = _edges(corpus, settings, steps.threads, counts)
    with steps.step("connect") as counts:
        met = _met(corpus, settings, edges)
        counts |= {"candidates": len(met.docs), "components": int((met.docs == met.root).sum())}
        counts["exact_copies"] = len(met.docs) - len(met.single)
    with steps.step("collect") as counts:
        texts = _collect(parts, corpus, settings, met, spool, steps.threads)
        counts |= {"texts": len(met.single), "bytes": spool.size}
    with steps.step("verify") as counts:
        return _verify(met, edges, texts, settings, steps.threads, counts)


def _edges(corpus: Corpus, settings: Settings, threads: int, counts: dict[str, int]) -> np.ndarray:
    """Packed edges between all documents that share a key."""
    docs = _present(corpus)
    counts |= {"exact_edges": 0, "band_edges": 0}

    def column(number: int) -> np.ndarray:
        keys = corpus.column(number)
        return keys if len(keys) == len(docs) else keys[docs]

    def exact(first: int) -> np.ndarray:
        halves = np.stack([column(first), column(first + 1)], axis=1)
        keys = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(docs), [None, pa.py_buffer(halves)])
        return packed(*exact_edges(keys, docs))

    def near(band: int) -> np.ndarray:
        return packed(*bucket_edges(column(band), docs))

    def each() -> Iterator[np.ndarray]:
        # Each thread holds a few numbers a document, so not all of many.
        with ThreadPoolExecutor(min(threads, _GROUPING_THREADS)) as pool:
            levels = {"exact_edges": (exact, [corpus.bands] if settings.exact else [])}
            for name, (work, numbers) in (levels | {"band_edges": (near, list(range(corpus.bands)))}).items():
                for found in pool.map(work, numbers):
                    counts[name] += len(found)
                    yield found

    edges = union_packed(each())
    counts["edges"] = len(edges)
    return edges


def _present(corpus: Corpus) -> np.ndarray:
    """Documents that have a text."""
    parts, begin = [np.empty(0, np.int64)], 0
    for block in corpus.signed:
        parts.append(begin + np.delete(np.arange(len(block.ids)), block.missing))
        begin += len(block.ids)
    return np.concatenate(parts)


def _met(corpus: Corpus, settings: Settings, edges: np.ndarray) -> _Met:
    blocks = list(corpus.signed)
    docs, root = packed_components(edges, sum(len(b.ids) for b in blocks))
    chars = np.concatenate([np.empty(0, np.int32), *(b.chars for b in blocks)])[docs]
    sizes = np.concatenate([np.empty(0, np.int64), *(b.sizes for b in blocks)])[docs]
    ids = pa.chunked_array([b.ids for b in blocks] or [pa.array([], pa.large_string())]).take(pa.array(docs))
    frame = pl.DataFrame({"short": -chars.astype(np.int64), "id": pl.Series(ids)}).with_row_index("at")
    rank = np.empty(len(docs), np.int64)
    rank[frame.sort("short", "id")["at"].to_numpy()] = np.arange(len(docs))
    return _Met(docs, root, rank, _twins(corpus, docs, rank) if settings.exact else np.arange(len(docs)), sizes)


def _twins(corpus: Corpus, docs: np.ndarray, rank: np.ndarray) -> np.ndarray:
    high, low = (corpus.column(corpus.bands + half)[docs] for half in (0, 1))
    frame = pl.DataFrame({"high": high, "low": low, "rank": rank}).with_row_index("at")
    best = pl.col("at").sort_by("rank").first().over("high", "low")
    return frame.select(best)["at"].cast(pl.Int64).to_numpy()


def _collect(parts: Sequence[Part], corpus: Corpus, settings: Settings, met: _Met, spool: Spool, threads: int) -> Texts:
    """Lays the texts of `met.single` aside; they are numbered by place."""
    single = met.single
    wanted, sizes = met.docs[single], met.sizes[single]
    begins = np.zeros(len(single), np.int64)
    starts = corpus.starts

    def inside(part: int, number: int) -> tuple[int, int, int]:
        """First document of a block, and which of the wanted are in it."""
        first = int(starts[part][number])
        low, high = np.searchsorted(wanted, [first, first + len(corpus.blocks[part][number].ids)])
        return first, int(low), int(high)

    used = [p for p in range(len(parts)) if any(np.ptp(inside(p, n)[1:]) for n in range(len(corpus.blocks[p])))]

    def lay(place: Place, block: Block) -> None:
        part, number = used[place[0]], place[1]
        if number >= len(corpus.blocks[part]):
            raise _changed()
        first, low, high = inside(part, number)
        if low == high:
            return
        rows = block()
        if not rows.ids.equals(corpus.blocks[part][number].ids):
            raise _changed()
        text = texts_of(rows, settings).take(pa.array(wanted[low:high] - first))
        offsets, data = text_buffers(text)
        if not np.array_equal(np.diff(offsets), sizes[low:high]):
            raise _changed()
        begins[low:high] = spool.add(data[offsets[0] : offsets[-1]].data) + offsets[:-1] - offsets[0]

    kept = corpus.shelf.parts(parts)
    each_block([kept[p] for p in used], lay, threads)
    return Texts(spool, begins, sizes)


def _changed() -> MalmoiError:
    return MalmoiError("a file changed between its first and its second reading; run again when nobody writes to it")


def _chunks(met: _Met, edges: np.ndarray, chunk_bytes: int) -> Iterator[_Chunk]:
    """Whole components together, about so many bytes of text each."""
    if not len(met.docs):
        return
    order = np.argsort(met.root, kind="stable")
    roots = met.root[order]
    compared = np.where(met.twin == np.arange(len(met.twin)), met.sizes, 0)
    filled = np.cumsum(compared[order]) // chunk_bytes
    # A component belongs to the chunk that its first document falls in.
    first = np.flatnonzero(np.concatenate([[True], roots[1:] != roots[:-1]]))
    chunk = np.empty(len(order), np.int64)
    chunk[order] = np.repeat(filled[first], np.diff(np.append(first, len(order))))
    of_edge = chunk[np.searchsorted(met.docs, unpacked(edges)[0])]
    edges, of_edge = edges[np.argsort(of_edge, kind="stable")], np.sort(of_edge)
    places, of_place = np.argsort(chunk, kind="stable"), np.sort(chunk)
    for number in np.unique(chunk):
        low, high = np.searchsorted(of_edge, [number, number + 1])
        left, right = (np.searchsorted(met.docs, end) for end in unpacked(edges[low:high]))
        yield _Chunk(places[slice(*np.searchsorted(of_place, [number, number + 1]))], left, right)


def _verify(
    met: _Met, edges: np.ndarray, texts: Texts, settings: Settings, threads: int, counts: dict[str, int]
) -> Clusters:
    count = len(met.docs)
    survivor, jaccard, rounds = np.arange(count), np.ones(count), np.zeros(count, np.int64)
    number_of = np.cumsum(met.twin == np.arange(count)) - 1

    def work(chunk: _Chunk) -> dict[str, int]:
        single = chunk.places[met.twin[chunk.places] == chunk.places]
        found = verify(
            single,
            met.rank[single],
            texts.take(number_of[single]),
            met.twin[chunk.left],
            met.twin[chunk.right],
            width=settings.chosen.width,
            bound=settings.limit,
            rounds=settings.rounds,
            measure=settings.measure,
        )
        shared, total = found["shared"].to_numpy(), found["total"].to_numpy()
        place = found["doc"].to_numpy()
        survivor[place], rounds[place] = found["survivor"].to_numpy(), found["round"].to_numpy()
        jaccard[place] = np.divide(shared, total, out=np.ones(len(place)), where=total > 0)
        return counters(found)

    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(work, _chunks(met, edges, settings.chunk_bytes)):
            for name, value in part.items():
                counts[name] = counts.get(name, 0) + value
    twin, own = met.twin, np.arange(count)
    last = survivor[twin]
    exact = (twin == last) & (last != own)
    return Clusters(met.docs, met.docs[last], np.where(exact, 1.0, jaccard[twin]), exact, rounds[twin])
