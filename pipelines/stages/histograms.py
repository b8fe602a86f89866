"""Histograms of the measures with fixed edges, so that the counts of any files simply add up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Logarithmic for counts (a petition has 300 characters, a judgment 30,000), linear for shares.
_LENGTHS: list[float] = [
    0,
    10,
    20,
    50,
    100,
    200,
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    1_000_000,
    2**31 - 1,
]
_SHARES = [round(n / 20, 2) for n in range(21)]

EDGES: dict[str, list[float]] = {
    "chars": _LENGTHS,
    "syllables": _LENGTHS,
    "eojeol": _LENGTHS,
    "hangul_share": _SHARES,
    "symbol_share": _SHARES,
    "digit_share": _SHARES,
    "repeated_line_share": _SHARES,
    "repeated_ngram_share": _SHARES,
    "sentence_end_share": _SHARES,
}


def histograms(table: pa.Table) -> dict[str, list[int]]:
    """Counts per bin of every measure in EDGES; the last bin includes its upper edge.

    Args:
        table: columns chars and quality as staged.
    """
    counts = {}
    for name, edges in EDGES.items():
        column = table[name] if name in table.column_names else pc.struct_field(table["quality"], name)
        values = column.to_numpy()
        counts[name] = np.histogram(values[~np.isnan(values.astype(float))], bins=edges)[0].tolist()
    return counts
