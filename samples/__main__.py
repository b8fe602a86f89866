"""`python -m samples OUT [--seed 7] [--scale 1.0]`: writes the sample corpora and what was planted in them."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from samples.generate import generate


def main(arguments: list[str] | None = None) -> None:
    """Generates the corpora and prints what is in them."""
    parser = argparse.ArgumentParser(prog="python -m samples", description="Writes sample corpora with their truth.")
    parser.add_argument("out", type=Path, help="an empty or absent directory")
    parser.add_argument("--seed", type=int, default=7, help="another seed gives other corpora (default: 7)")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the number of documents (default: 1.0)")
    given = parser.parse_args(arguments)
    try:
        truth = generate(given.out, seed=given.seed, scale=given.scale)
    except (ValueError, FileExistsError) as error:
        parser.error(str(error))
    planted = Counter(row.what for row in truth.rows)
    print(f"{sum(truth.documents.values())} documents in {len(truth.documents)} corpora under {given.out}")
    print("planted: " + ", ".join(f"{count} {what}" for what, count in sorted(planted.items())))


if __name__ == "__main__":
    main()
