"""datasketch: bulk MinHash, MinHashLSH with 16 bands of 8, union-find; no verification."""

from __future__ import annotations

from datasketch import MinHash, MinHashLSH
from frame import BANDS, ROWS, WIDTH, Forest, measured, texts


def keep(source: str) -> list[int]:
    """Rows that stay: the first of every cluster."""
    rows = texts(source)
    grams = [[t[i : i + WIDTH].encode() for i in range(max(1, len(t) - WIDTH + 1))] for t in rows]
    lsh, forest = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS)), Forest(len(rows))
    for number, sketch in enumerate(MinHash.bulk(grams, num_perm=BANDS * ROWS)):
        for other in lsh.query(sketch):
            forest.unite(other, number)
        lsh.insert(number, sketch)
    return forest.kept()


if __name__ == "__main__":
    measured(keep)
