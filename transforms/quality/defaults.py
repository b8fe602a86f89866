"""Bounds for a Korean corpus of documents, each with what it drops of real ones.

Source: docs/decisions/quality-bounds.md (`python -m benchmarks.quality.text`). They are loose on purpose: each drops
what no reader would miss. Sources of short texts (reviews, chat) or of code set their own in the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_BOUNDS: Mapping[str, Mapping[str, object]] = {
    "language": {"one_of": ["ko"]},
    "chars": {"at_least": 30},  # a title without a text
    "hangul_share": {"at_least": 0.1},  # code and tables with a Korean word; code with Korean prose lies above
    "symbol_share": {"at_most": 0.4},  # rows of dots; markup and statutes stay below .32
    "digit_share": {"at_most": 0.5},  # tables of numbers; the most numeric decision has .39
    "url_share": {"at_most": 0.5},  # a link and no text
    "mean_eojeol_chars": {"at_most": 15},  # unspaced prose, base64
    "repeated_line_share": {"at_most": 0.6},
    "repeated_ngram_share": {"at_most": 0.7},  # Gopher allows .15: a quarter of all decisions and statutes has more
    "longest_run": {"at_most": 200},  # padding; rulers of dashes in petitions reach 133
    "replacement_share": {"at_most": 0.01},  # read in the wrong encoding; every real case has .03 and more
}
