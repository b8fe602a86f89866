"""The measures that Polars can state in an expression, as the alternative to kernels; and those it cannot."""

from __future__ import annotations

import polars as pl

_TEXT = pl.col("text")
_VISIBLE = _TEXT.str.count_matches(r"\S")
COUNTS = {
    "syllables": _TEXT.str.count_matches("[가-힣]"),
    "eojeol": _TEXT.str.count_matches(r"\S+"),
    "lines": _TEXT.str.count_matches(r"(?m)^.*\S.*$"),
    "hangul_share": _TEXT.str.count_matches(r"\p{Hangul}") / _VISIBLE,
    "hanja_share": _TEXT.str.count_matches(r"\p{Han}") / _VISIBLE,
    "latin_share": _TEXT.str.count_matches(r"\p{Latin}") / _VISIBLE,
    "digit_share": _TEXT.str.count_matches(r"\p{Nd}") / _VISIBLE,
    "symbol_share": _TEXT.str.count_matches(r"[\p{P}\p{S}]") / _VISIBLE,
    "url_share": _TEXT.str.extract_all(r"(?i)(?:https?://|www\.)[!#-;=?-\[\]_a-z~]*").list.join("").str.len_chars()
    / _TEXT.str.len_chars(),
    "mean_eojeol_chars": _VISIBLE / _TEXT.str.count_matches(r"\S+"),
    "sentence_end_share": _TEXT.str.count_matches(r"""(?m)(?:[!?…。！？．다요죠까]|[^\d\s]\.)["'”’)\]}\s]*$""")
    / _TEXT.str.count_matches(r"(?m)^.*\S.*$"),
    "replacement_share": _TEXT.str.count_matches("\ufffd") / _TEXT.str.len_chars(),
}
# Needs a document taken apart into lines or words and put together again; `longest_run` has no expression at all.
_WORDS = _TEXT.str.split(" ")
REPEATS = {
    "repeated_line_share": _TEXT.str.split("\n").list.eval(
        pl.when(pl.element().is_first_distinct()).then(0).otherwise(pl.element().str.len_chars()).sum()
    ).list.first()
    / _TEXT.str.len_chars(),
    "repeated_ngram_share": _WORDS.list.eval(
        pl.concat_str([pl.element().shift(-k).fill_null("") for k in range(5)], separator=" ").is_duplicated().sum()
    ).list.first()
    / _WORDS.list.len(),
}  # fmt: skip


def by_expression(frame: pl.DataFrame, which: dict[str, pl.Expr]) -> pl.DataFrame:
    """The measures, as columns."""
    return frame.select(**which)
