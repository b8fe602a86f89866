"""Small corpora with known ground truth. Imports nothing of ours, so that it can test all of it."""

from samples.generate import generate
from samples.truth import Planted, Truth

__all__ = ["Planted", "Truth", "generate"]
