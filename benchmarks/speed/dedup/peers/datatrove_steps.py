"""datatrove: its four MinHash steps with one worker, on character 5-grams of the text as it is.

As shipped it decomposes Hangul (NFD) and cuts words with a Kiwi model that no longer comes with Kiwi, so the
shingles are replaced; the filter step is left out, because its output is text and ours is a keep-set.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
    minhash,
)
from datatrove.utils.hashing import HashConfig
from frame import BANDS, ROWS, WIDTH, measured, texts


class CharacterSignature(MinhashDedupSignature):
    """Signatures of character n-grams."""

    def get_shingles(self, text: str) -> np.ndarray:
        grams = [self._hash_func(text[i : i + WIDTH]) for i in range(max(1, len(text) - WIDTH + 1))]
        return np.array(grams, np.uint64).reshape(-1, 1)


def keep(source: str) -> list[int]:
    """Rows that datatrove's cluster step does not list for removal."""
    rows = texts(source)
    # The word tokenizer is loaded but, with character shingles, never asked; loading it needs spaCy.
    minhash.load_word_tokenizer = lambda _: None
    config = MinhashConfig(
        n_grams=WIDTH, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(precision=64)
    )
    with tempfile.TemporaryDirectory() as folder:
        signed, bucketed, removed = (str(Path(folder, name)) for name in ("sign", "buckets", "remove"))
        documents = (Document(text=text, id=str(i)) for i, text in enumerate(rows))
        CharacterSignature(output_folder=signed, config=config).run(documents, 0, 1)
        for rank in range(BANDS):
            MinhashDedupBuckets(input_folder=signed, output_folder=bucketed, config=config).run(None, rank, BANDS)
        MinhashDedupCluster(input_folder=bucketed, output_folder=removed, config=config).run(None, 0, 1)
        listed = Path(removed, "000000.remove")
        data = listed.read_bytes() if listed.exists() else b""
    gone = {doc for (doc,) in struct.iter_unpack("<I", data)}
    return [number for number in range(len(rows)) if number not in gone]


if __name__ == "__main__":
    measured(keep)
