"""datatrove's contender: read, filter, MinHash deduplication, PII regexes, Parquet; in its own virtual environment.

Its Korean word tokenizer asks for a Kiwi model that no longer comes with Kiwi, so words are split at white space and
shingles are characters, as in benchmarks/speed/dedup. `python datatrove_recipe.py SOURCE TARGET WORKERS`.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
    minhash,
)
from datatrove.pipeline.filters import GopherRepetitionFilter, LambdaFilter
from datatrove.pipeline.filters import gopher_repetition_filter as repetition
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.formatters.base import BaseFormatter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.hashing import HashConfig

WIDTH, BANDS, ROWS = 5, 16, 8
HANGUL = re.compile("[가-힣]")
SYMBOLS = re.compile(r"[^\w\s]")
KOREAN_PII = re.compile(
    r"\d{6}[- ]?[1-8]\d{6}|01[016789][- .]?\d{3,4}[- .]?\d{4}|0(?:2|[3-6]\d|70)[- .)]?\d{3,4}[- .]?\d{4}"
    r"|\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{4}|\d{3}-\d{2}-\d{5}|[MSROD]\d{8}|[MSROD]\d{3}[A-Z]\d{4}|\d{2}-\d{2}-\d{6}-\d{2}"
    r"|\d{2,3}[가-힣] ?\d{4}"
)
# With white space for words, the word tokenizer is never asked; loading it would need spaCy.
minhash.load_word_tokenizer = lambda _: None
repetition.split_into_words = lambda text, _: text.split()


class CharacterSignature(MinhashDedupSignature):
    """Signatures of character n-grams."""

    def get_shingles(self, text: str) -> np.ndarray:
        grams = [self._hash_func(text[i : i + WIDTH]) for i in range(max(1, len(text) - WIDTH + 1))]
        return np.array(grams, np.uint64).reshape(-1, 1)


class KoreanPII(BaseFormatter):
    """The structured Korean identifiers as one regular expression."""

    name = "Korean PII"

    def format(self, text: str) -> str:
        return KOREAN_PII.sub("***", text)


def hangul(document: object) -> bool:
    """At least 30 % Hangul."""
    text = document.text  # type: ignore[attr-defined]
    return len(HANGUL.findall(text)) >= 0.3 * max(len(text), 1)


def symbols(document: object) -> bool:
    """At most 40 % symbols."""
    text = document.text  # type: ignore[attr-defined]
    return len(SYMBOLS.findall(text)) <= 0.4 * max(len(text), 1)


def main() -> None:
    """Runs the five executors one after another."""
    source, target, workers = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    config = MinhashConfig(
        n_grams=WIDTH, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=HashConfig(precision=64)
    )
    filtered, sign, buckets, remove, out = (str(target / n) for n in ("filtered", "sign", "buckets", "remove", "out"))
    tasks = len(list(Path(source).glob("*.parquet")))
    read = {"text_key": "text", "id_key": "native_id"}
    stages = [
        (
            [
                ParquetReader(source, glob_pattern="*.parquet", **read),
                LambdaFilter(lambda document: len(document.text) >= 50),
                LambdaFilter(hangul),
                LambdaFilter(symbols),
                GopherRepetitionFilter(language="ko"),
                ParquetWriter(filtered),
            ],
            tasks,
        ),
        ([ParquetReader(filtered), CharacterSignature(output_folder=sign, config=config)], tasks),
        ([MinhashDedupBuckets(input_folder=sign, output_folder=buckets, config=config)], BANDS),
        ([MinhashDedupCluster(input_folder=buckets, output_folder=remove, config=config)], 1),
        (
            [
                ParquetReader(filtered),
                MinhashDedupFilter(input_folder=remove),
                PIIFormatter(),
                KoreanPII(),
                ParquetWriter(out, compression="zstd"),
            ],
            tasks,
        ),
    ]
    began = time.perf_counter()
    for number, (pipeline, count) in enumerate(stages):
        logs = str(target / f"logs-{number}")
        LocalPipelineExecutor(pipeline, tasks=count, workers=min(workers, count), logging_dir=logs).run()
    seconds = time.perf_counter() - began
    kept = sum(pq.read_metadata(path).num_rows for path in Path(out).rglob("*.parquet"))
    print("MEASURED " + json.dumps({"wall_s": seconds, "kept": kept}))


if __name__ == "__main__":
    main()
