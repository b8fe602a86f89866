"""Exact similarity of two texts, for the truth; slow and simple on purpose."""

from __future__ import annotations


def shingles(text: str, width: int = 5) -> set[str]:
    """Every run of `width` letters and digits, spaces and punctuation left out."""
    kept = "".join(sign for sign in text if sign.isalnum())
    return {kept[at : at + width] for at in range(max(1, len(kept) - width + 1))}


def jaccard(left: str, right: str, width: int = 5) -> float:
    """Share of common shingles, 0 to 1."""
    a, b = shingles(left, width), shingles(right, width)
    return len(a & b) / len(a | b)
