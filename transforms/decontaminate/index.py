"""Benchmark suites as sets of character n-grams: what a corpus is searched with. It holds hashes, never a text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from governance.records.errors import ConfigError, IntegrityError, VersionError
from governance.records.ids import base32, canonical_json
from transforms.decontaminate.items import Items
from transforms.decontaminate.ngrams import ngrams

MAGIC, FORMAT = b"malmoi-decontamination\n", 1
WIDTH = 5  # code points of the form; docs/decisions/text-decontamination.md
SHARE = 0.5  # of an item's distinct n-grams that must stand together
MIN_GRAMS = 6  # distinct n-grams: a shorter item says nothing that others do not say by chance
COMMON = 64  # an n-gram of more items than this nominates none, unless an item has no better
ANCHORS = 8  # n-grams that nominate an item at the least

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Index:
    """n-gram sets of benchmark items.

    Attributes:
        width: code points of an n-gram.
        share: of an item's n-grams that must stand together in a document to call it contaminated.
        suites: names, in the order given.
        items: (suite number, item id) of each item searched for.
        skipped: items too short to be evidence, by suite name.
        grams: distinct hashes, ascending.
        item_starts, item_grams: item k has the n-grams `item_grams[item_starts[k]:item_starts[k + 1]]` (ascending).
        anchor_starts, anchor_items: n-gram g nominates the items `anchor_items[anchor_starts[g]:anchor_starts[g + 1]]`.
        anchors: n-grams that nominate item k, how many.
        lengths: n-grams of item k, repeats included.
    """

    width: int
    share: float
    suites: tuple[str, ...]
    items: tuple[tuple[int, str], ...]
    skipped: tuple[tuple[str, int], ...]
    grams: npt.NDArray[np.uint64]
    item_starts: Ints
    item_grams: Ints
    anchor_starts: Ints
    anchor_items: Ints
    anchors: Ints
    lengths: Ints

    def to_bytes(self) -> bytes:
        """The whole index: a header line of JSON, then the arrays, little-endian. Equal indexes give equal bytes."""
        arrays = [np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS]
        head = {"format": FORMAT, "sizes": [len(array) for array in arrays]} | {n: getattr(self, n) for n in _SCALARS}
        body = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
        return MAGIC + canonical_json(head) + b"\n" + body

    @cached_property
    def digest(self) -> str:
        """Name of the index: 26 characters over its bytes, for the plan hash."""
        return base32(blake3(self.to_bytes()).digest(length=16))

    @classmethod
    def from_bytes(cls, data: bytes) -> Index:
        """Reads `to_bytes`.

        Raises:
            IntegrityError: the bytes are not an index, or are cut off.
            VersionError: a newer format.
        """
        if not data.startswith(MAGIC):
            raise IntegrityError("decontamination index: not an index file; build it again from the suites")
        head, _, body = data[len(MAGIC) :].partition(b"\n")
        fields = json.loads(head)
        if fields["format"] > FORMAT:
            raise VersionError(
                f"decontamination index: format {fields['format']}, this Malmoi reads {FORMAT}; upgrade it"
            )
        if len(body) != 8 * sum(fields["sizes"]):
            raise IntegrityError("decontamination index: the file is cut off; build it again from the suites")
        return cls(**_scalars(fields), **_arrays(fields["sizes"], body))


_ARRAYS = ("grams", "item_starts", "item_grams", "anchor_starts", "anchor_items", "anchors", "lengths")
_SCALARS = ("width", "share", "suites", "items", "skipped")


def _scalars(fields: dict[str, Any]) -> dict[str, Any]:
    pairs = {name: tuple((a, b) for a, b in fields[name]) for name in ("items", "skipped")}
    return {"width": fields["width"], "share": fields["share"], "suites": tuple(fields["suites"])} | pairs


def _arrays(sizes: Sequence[int], body: bytes) -> dict[str, Any]:
    cuts = np.cumsum([0, *sizes])
    words = np.frombuffer(body, "<u8").astype(np.uint64)
    parts = {name: words[a:b] for name, a, b in zip(_ARRAYS, cuts[:-1], cuts[1:], strict=True)}
    return {name: part if name == "grams" else part.astype(np.int64) for name, part in parts.items()}


def index(suites: Sequence[Items], *, width: int = WIDTH, share: float = SHARE) -> Index:
    """Index of the items of all suites.

    Raises:
        ConfigError: a suite stands twice, or the share is no share.
    """
    names = tuple(suite.suite for suite in suites)
    if len(set(names)) != len(names):
        raise ConfigError(f"decontaminate: a suite stands twice among {', '.join(names)}")
    if not 0 < share <= 1:
        raise ConfigError(f"decontaminate: share {share} is not above 0 and at most 1")
    items, skipped, hashes = _gather(suites, width)
    sets = [np.unique(part) for part in hashes]
    grams, flat = np.unique(np.concatenate([*sets, np.zeros(0, np.uint64)]), return_inverse=True)
    starts = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    anchor_starts, anchor_items, anchors = _anchors(len(grams), starts, flat)
    lengths = np.array([len(part) for part in hashes], np.int64)
    return Index(
        width,
        share,
        names,
        items,
        skipped,
        grams,
        starts,
        flat.astype(np.int64),
        anchor_starts,
        anchor_items,
        anchors,
        lengths,
    )


def _gather(
    suites: Sequence[Items], width: int
) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[str, int], ...], list[np.ndarray]]:
    """Ids and n-gram hashes of the items that are long enough, and how many are not, by suite."""
    items, skipped, hashes = [], [], []
    for number, suite in enumerate(suites):
        found = ngrams(suite.texts, width)
        parts = np.split(found.hashes, found.starts[1:-1]) if len(suite.ids) else []
        long = [(name, part) for name, part in zip(suite.ids, parts, strict=True) if len(np.unique(part)) >= MIN_GRAMS]
        items += [(number, name) for name, _ in long]
        hashes += [part for _, part in long]
        skipped.append((suite.suite, len(suite.ids) - len(long)))
    return tuple(items), tuple(skipped), hashes


def _anchors(count: int, starts: Ints, flat: np.ndarray) -> tuple[Ints, Ints, Ints]:
    """Which n-grams nominate which items: the rare ones, and the rarest ANCHORS of an item that has few rare ones."""
    spread = np.bincount(flat, minlength=count)
    owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((flat, spread[flat], owners))  # by item, then rarity
    rank = np.arange(len(flat)) - starts[owners[order]]
    chosen = order[(rank < ANCHORS) | (spread[flat[order]] <= COMMON)]
    grams, items = flat[chosen], owners[chosen]
    by_gram = np.lexsort((items, grams))
    anchor_starts = np.concatenate(([0], np.cumsum(np.bincount(grams, minlength=count)))).astype(np.int64)
    return (
        anchor_starts,
        items[by_gram].astype(np.int64),
        np.bincount(items, minlength=len(starts) - 1).astype(np.int64),
    )
