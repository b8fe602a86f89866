"""Benchmark suites as sets of character n-grams: what a corpus is searched with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from blake3 import blake3

from governance.records.errors import ConfigError, IntegrityError, VersionError
from governance.records.ids import base32, canonical_json
from transforms.decontaminate.items import Items
from transforms.decontaminate.kernels import WIDTH, Grams, pack
from transforms.text.buffers import view
from transforms.text.keys import text_form

MAGIC, FORMAT = b"malmoi decontamination index\n", 1
# Measured in docs/decisions/text-decontamination.md.
SHARE = 0.45  # of an item's distinct n-grams that must stand together in a document
LEAST = 9  # n-grams that must, whatever the share; all of them where the item has no more
SHORTEST = 4  # distinct n-grams: what has fewer ("최고네요") is no evidence and is not searched for
NOMINATORS = 16  # rarest n-grams of an item, which lead the search to it

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)  # one object is one index; compare digests
class Index:
    """n-gram sets of benchmark items. It is restricted like the benchmark itself: short items can be read from it.

    Attributes:
        share: of an item's n-grams that must stand together in a document to call it contaminated.
        suites: names, in the order given.
        items: (suite number, item id) of each item searched for.
        skipped: items too short to be evidence, by suite.
        grams: distinct n-grams, ascending.
        has, had: item k has the n-grams numbered `had[has[k]:has[k + 1]]`, ascending.
        nominates, nominated: n-gram g leads to the items `nominated[nominates[g]:nominates[g + 1]]`.
        lengths: n-grams of item k, repeats included.
    """

    share: float
    suites: tuple[str, ...]
    items: tuple[tuple[int, str], ...]
    skipped: tuple[tuple[str, int], ...]
    grams: Grams
    has: Numbers
    had: Numbers
    nominates: Numbers
    nominated: Numbers
    lengths: Numbers

    def to_bytes(self) -> bytes:
        """The whole index: a line of JSON, then the arrays, little-endian. The same items give the same bytes."""
        arrays = [getattr(self, name) for name in _ARRAYS]
        head = {"format": FORMAT, "width": WIDTH, "sizes": [len(array) for array in arrays]}
        body = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
        return MAGIC + canonical_json(head | {name: getattr(self, name) for name in _FIELDS}) + b"\n" + body

    @cached_property
    def digest(self) -> str:
        """Name of the index, for the plan hash: 26 characters over its bytes."""
        return base32(blake3(self.to_bytes()).digest(length=16))

    @classmethod
    def from_bytes(cls, data: bytes) -> Index:
        """Reads `to_bytes`.

        Raises:
            IntegrityError: the bytes are not an index, or are cut off.
            VersionError: another format, or n-grams of another width.
        """
        if not data.startswith(MAGIC):
            raise IntegrityError("decontamination index: not an index; build it again from the suites")
        head, _, body = data[len(MAGIC) :].partition(b"\n")
        fields = json.loads(head)
        if (fields["format"], fields["width"]) != (FORMAT, WIDTH):
            raise VersionError("decontamination index: written by another version; build it again from the suites")
        if len(body) != sum(size * _dtype(name).itemsize for name, size in zip(_ARRAYS, fields["sizes"], strict=True)):
            raise IntegrityError("decontamination index: the file is cut off; build it again from the suites")
        return cls(**_read_fields(fields), **_read_arrays(fields["sizes"], body))


_ARRAYS = ("grams", "has", "had", "nominates", "nominated", "lengths")
_FIELDS = ("share", "suites", "items", "skipped")


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype("<u8" if name == "grams" else "<i4")


def _read_fields(fields: dict[str, Any]) -> dict[str, Any]:
    pairs = {name: tuple((a, b) for a, b in fields[name]) for name in ("items", "skipped")}
    return {"share": fields["share"], "suites": tuple(fields["suites"])} | pairs


def _read_arrays(sizes: Sequence[int], body: bytes) -> dict[str, Any]:
    arrays, at = {}, 0
    for name, size in zip(_ARRAYS, sizes, strict=True):
        kind = _dtype(name)
        arrays[name] = np.frombuffer(body, kind, size, at).astype(kind.newbyteorder("="))
        at += size * kind.itemsize
    return arrays


def index(suites: Sequence[Items], *, share: float = SHARE) -> Index:
    """Index of the items of all suites.

    Raises:
        ConfigError: a suite stands twice, or the share is none.
    """
    names = tuple(suite.suite for suite in suites)
    if len(set(names)) != len(names):
        raise ConfigError(f"decontaminate: a suite stands twice among {', '.join(names)}; give each its own name")
    if not 0 < share <= 1:
        raise ConfigError(f"decontaminate: share {share} must be above 0 and at most 1")
    items, skipped, sequences = _gather(suites)
    sets = [np.unique(sequence) for sequence in sequences]
    grams, numbers = np.unique(np.concatenate([np.zeros(0, np.uint64), *sets]), return_inverse=True)
    has = np.cumsum([0, *map(len, sets)]).astype(np.int32)
    nominates, nominated = _nominators(len(grams), has, numbers)
    lengths = np.array([len(sequence) for sequence in sequences], np.int32)
    return Index(share, names, items, skipped, grams, has, numbers.astype(np.int32), nominates, nominated, lengths)


def _gather(
    suites: Sequence[Items],
) -> tuple[tuple[tuple[int, str], ...], tuple[tuple[str, int], ...], list[Grams]]:
    """Names and n-grams of the items that are long enough, and how many are not, by suite."""
    items: list[tuple[int, str]] = []
    skipped: list[tuple[str, int]] = []
    sequences: list[Grams] = []
    for number, suite in enumerate(suites):
        grams, starts = pack(view(text_form(suite.texts)))
        parts = [grams[a:b] for a, b in pairwise(starts.tolist())]
        long = [(name, part) for name, part in zip(suite.ids, parts, strict=True) if len(np.unique(part)) >= SHORTEST]
        items += [(number, name) for name, _ in long]
        sequences += [part for _, part in long]
        skipped.append((suite.suite, len(suite.ids) - len(long)))
    return tuple(items), tuple(skipped), sequences


def _nominators(count: int, has: Numbers, numbers: npt.NDArray[np.intp]) -> tuple[Numbers, Numbers]:
    """Which n-grams lead to which items: an item's NOMINATORS that the fewest items share, by number where equal."""
    spread = np.bincount(numbers, minlength=count)
    owners = np.repeat(np.arange(len(has) - 1), np.diff(has))
    order = np.lexsort((numbers, spread[numbers], owners))
    rank = np.arange(len(numbers)) - has[owners[order]]
    chosen = order[rank < NOMINATORS]
    chosen = chosen[np.lexsort((owners[chosen], numbers[chosen]))]
    nominates = np.cumsum(np.bincount(numbers[chosen] + 1, minlength=count + 1)).astype(np.int32)
    return nominates, owners[chosen].astype(np.int32)
