"""rensa: R-MinHash of Python token sets, 16 bands of 8 over its digests, union-find; no verification."""

from __future__ import annotations

from frame import BANDS, ROWS, WIDTH, Forest, measured, texts
from rensa import RMinHash


def keep(source: str) -> list[int]:
    """Rows that stay: the first of every cluster."""
    rows = texts(source)
    sets = [{t[i : i + WIDTH] for i in range(max(1, len(t) - WIDTH + 1))} for t in rows]
    digests = RMinHash.digest_matrix_from_token_sets(sets, BANDS * ROWS, 42).to_rows()
    forest = Forest(len(rows))
    for band in range(BANDS):
        first: dict[tuple[int, ...], int] = {}
        for number, digest in enumerate(digests):
            forest.unite(first.setdefault(tuple(digest[band * ROWS : (band + 1) * ROWS]), number), number)
    return forest.kept()


if __name__ == "__main__":
    measured(keep)
