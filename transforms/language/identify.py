"""The language of a document, guessed from its scripts: ko, ja, zh, en or und.

It names a script-based guess and no more. A share of Hangul settles nearly every Korean document; kana mean Japanese,
ideographs alone Chinese; Latin text is English only where common English words fill it, since a script cannot tell
English from Malay; everything else is `und`. Source: docs/decisions/text-language.md.
"""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from transforms.text.buffers import Text, large

KOREAN, KANA, HAN, LATIN = 0.1, 0.1, 0.5, 0.5  # shares of letters
ENGLISH_WORDS = 0.1  # share of words; prose lies between .25 and .5, other languages in Latin script below .05
_ENGLISH = r"(?i)\b(?:the|of|and|to|is|that|for|with|was|are|this|have|from|not|you|they|which|be|by|it)\b"
_COUNTED = {
    "hangul": r"\p{Hangul}",
    "kana": r"[\p{Hiragana}\p{Katakana}]",
    "han": r"\p{Han}",
    "latin": r"\p{Latin}",
    "letters": r"\p{L}",
    "english": _ENGLISH,
    "words": r"\b[\p{Latin}']+\b",
}


def identify(text: Text, measures: pa.StructArray) -> pa.StringArray:
    """BCP 47 code of each row; null where the text is null.

    Args:
        measures: `quality.rules.measure` of the same rows.
    """
    settled = pc.fill_null(_is_korean(measures), False)
    codes = pc.if_else(text.is_valid(), pa.scalar("ko"), pa.scalar(None, pa.string()))
    open_rows = pc.and_(pc.invert(settled), text.is_valid())
    return pc.replace_with_mask(codes, open_rows, _by_script(large(text).filter(open_rows)))


def _is_korean(measures: pa.StructArray) -> pa.BooleanArray:
    """Whether Hangul has its share even if every visible character but digits and symbols were a letter."""
    others = pc.add(measures.field("digit_share"), measures.field("symbol_share"))
    most = pc.multiply(pc.subtract(1.0, others), KOREAN)
    return pc.and_(
        pc.greater(measures.field("hangul_share"), 0.0), pc.greater_equal(measures.field("hangul_share"), most)
    )


def _by_script(text: pa.LargeStringArray) -> pa.StringArray:
    """The long way, for the few rows that no share of Hangul settles."""
    rows = pl.DataFrame({"text": pl.Series(text, dtype=pl.String)})
    counts = rows.select(pl.col("text").str.count_matches(pattern).alias(name) for name, pattern in _COUNTED.items())
    letters = pl.col("letters")
    english = (pl.col("latin") >= LATIN * letters) & (pl.col("english") >= ENGLISH_WORDS * pl.col("words"))
    code: Any = pl.when(letters == 0).then(pl.lit("und"))
    for name, test in (
        ("ko", pl.col("hangul") >= KOREAN * letters),
        ("ja", pl.col("kana") >= KANA * letters),
        ("zh", pl.col("han") >= HAN * letters),
        ("en", english),
    ):
        code = code.when(test).then(pl.lit(name))
    return counts.select(code.otherwise(pl.lit("und")).alias("code"))["code"].to_arrow().cast(pa.string())
