"""text-dedup: its MinHash command with one process, on characters instead of words split at \\W; no verification."""

from __future__ import annotations

import tempfile
from pathlib import Path

from datasets import load_from_disk
from frame import BANDS, ROWS, WIDTH, measured
from text_dedup import minhash


class Characters:
    """Stands in for the pattern that splits words: every character is a token."""

    @staticmethod
    def split(text: str) -> list[str]:
        return list(text)


def keep(source: str) -> list[int]:
    """Rows that text-dedup's output holds."""
    minhash.NON_ALPHA = Characters
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "path": "parquet",
            "data_files": source,
            "split": "train",
            "cache_dir": folder,
            "output": folder + "/o",
        }
        options |= {"column": "text", "num_perm": BANDS * ROWS, "b": BANDS, "r": ROWS, "ngram": WIDTH}
        options |= {"num_proc": 1, "min_length": 1, "batch_size": 10_000}
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        minhash.main.main(arguments, standalone_mode=False)
        # As a list: element by element the lazy column costs more than the whole deduplication.
        return list(load_from_disk(str(Path(folder, "o")))["doc"])


if __name__ == "__main__":
    measured(keep)
