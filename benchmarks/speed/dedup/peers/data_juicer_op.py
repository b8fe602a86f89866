"""data-juicer: document_minhash_deduplicator on characters, one process; no verification."""

from __future__ import annotations

from data_juicer.core.data import NestedDataset
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
from data_juicer.utils.constant import HashKeys
from frame import BANDS, BOUND, ROWS, WIDTH, measured, texts


def keep(source: str) -> list[int]:
    """Rows that stay: the first of every cluster."""
    step = DocumentMinhashDeduplicator(
        tokenization="character",
        window_size=WIDTH,
        lowercase=False,
        num_permutations=BANDS * ROWS,
        jaccard_threshold=BOUND,
        num_bands=BANDS,
        num_rows_per_band=ROWS,
    )
    rows = texts(source)
    data = NestedDataset.from_list([{"text": text, "doc": i, HashKeys.uid: i} for i, text in enumerate(rows)])
    kept, _ = step.process(data.map(step.compute_hash))
    # As a list: element by element the lazy column costs more than the whole deduplication.
    return list(kept["doc"])


if __name__ == "__main__":
    measured(keep)
