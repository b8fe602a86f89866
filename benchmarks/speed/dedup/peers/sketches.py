"""Signatures of a peer for the error of its estimates: `python sketches.py datasketch|rensa INPUT OUTPUT.npy`."""

from __future__ import annotations

import sys

import numpy as np
from frame import WIDTH, texts


def main() -> None:
    """Writes an array of uint64, one row of 128 a document."""
    name, source, target = sys.argv[1:4]
    sets = [[t[i : i + WIDTH].encode() for i in range(max(1, len(t) - WIDTH + 1))] for t in texts(source)]
    if name == "rensa":
        from rensa import RMinHash

        rows = RMinHash.digest_matrix_from_token_byte_sets([set(grams) for grams in sets], 128, 42).to_rows()
    else:
        from datasketch import MinHash

        rows = [sketch.hashvalues for sketch in MinHash.bulk(sets, num_perm=128)]
    np.save(target, np.array(rows, np.uint64))


if __name__ == "__main__":
    main()
