"""Named MinHash parameters. A preset fixes the signature (width, seed, a, b) and the bands it is cut into."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from governance.records.errors import ConfigError

Stream = Literal["malmoi", "curator"]
_CURATOR_SEED = 42
_CURATOR_PRIME = np.uint32((1 << 31) - 1)


@dataclass(frozen=True)
class Preset:
    """Parameters of near-duplicate search.

    Attributes:
        name: as the recipe writes it.
        width: code points a window.
        bands: groups of rows; two documents are candidates when one band agrees.
        rows: permutations a band.
        seed: of the window's hash.
        bound: least n-gram Jaccard at which a candidate counts as a duplicate, 0 to 1.
        stream: where `a` and `b` come from.
    """

    name: str
    width: int
    bands: int
    rows: int
    seed: int
    bound: float
    stream: Stream = "malmoi"

    @property
    def permutations(self) -> int:
        """Numbers in a signature."""
        return self.bands * self.rows

    @property
    def a(self) -> np.ndarray:
        """Multipliers, uint32, shape (permutations,); odd in our own stream, so that no low bit is lost."""
        return _pairs(self.stream, self.permutations)[0]

    @property
    def b(self) -> np.ndarray:
        """Increments, uint32, shape (permutations,)."""
        return _pairs(self.stream, self.permutations)[1]

    def candidate_probability(self, jaccard: float) -> float:
        """Chance that two documents of this Jaccard share a band: 1 - (1 - J^rows)^bands."""
        return float(1 - (1 - jaccard**self.rows) ** self.bands)


@cache
def _pairs(stream: Stream, count: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = _curator_pairs(count) if stream == "curator" else _malmoi_pairs(count)
    a.flags.writeable = b.flags.writeable = False
    return a, b


def _malmoi_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """SHAKE-128 of a fixed name: the same numbers on any machine and library version."""
    words = np.frombuffer(hashlib.shake_128(b"malmoi minhash 1").digest(8 * count), "<u4").astype(np.uint32)
    return words[0::2] | np.uint32(1), words[1::2].copy()


def _curator_pairs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """NeMo Curator's stream: a from [1, 2^31 - 1) and b from [0, 2^31 - 1) by turns.

    Source: nemo_curator/stages/deduplication/fuzzy/minhash.py.
    """
    stream = np.random.RandomState(_CURATOR_SEED)
    drawn = [(stream.randint(1, _CURATOR_PRIME), stream.randint(0, _CURATOR_PRIME)) for _ in range(count)]
    a, b = np.array(drawn, np.uint32).T
    return a.copy(), b.copy()


# Korean: docs/decisions/dedup-korean-preset.md. FineWeb: 14 x 8 (Penedo 2024, section 3.4); its window is five
# words, here the 24 characters that Curator takes for five English words. Curator: fuzzy/workflow.py defaults.
PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("korean", width=5, bands=16, rows=8, seed=0, bound=0.8),
        Preset("fineweb-14x8", width=24, bands=14, rows=8, seed=0, bound=0.75),
        Preset("curator-20x13", width=24, bands=20, rows=13, seed=1608637543, bound=0.8, stream="curator"),
    )
}


def preset(name: str) -> Preset:
    """The preset of this name.

    Raises:
        ConfigError: there is none; names the nearest.
    """
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1, cutoff=0)
    raise ConfigError(f"deduplicate.preset: no preset {name!r}; nearest is {near[0]!r} of {', '.join(sorted(PRESETS))}")
