"""What the default bounds drop, by source and rule, and how the measures are spread."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from transforms.language.identify import identify
from transforms.quality.defaults import DEFAULT_BOUNDS
from transforms.quality.judge import Bounds, judge
from transforms.quality.rules import measure
from transforms.text.buffers import Text

QUANTILES = (0.0, 0.01, 0.5, 0.99, 1.0)


def judged_frame(text: Text) -> pl.DataFrame:
    """The columns that are judged: measures, characters, language."""
    measures = measure(text)
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_struct_array(measures)))
    language = pl.Series(identify(text, measures), dtype=pl.String)
    return frame.with_columns(chars=pl.Series(pc.utf8_length(text)).cast(pl.Int32), language=language)


def dropped(frame: pl.DataFrame) -> dict[str, Any]:
    """Documents, how many the default bounds drop, and by which rule."""
    verdicts = judge(frame, Bounds.parse(DEFAULT_BOUNDS))
    rules = verdicts["rule"].drop_nulls().value_counts(sort=True)
    count = int((~verdicts["keep"]).sum())
    share = round(count / max(frame.height, 1), 4)
    return {
        "documents": frame.height,
        "dropped": count,
        "share": share,
        "by_rule": dict(rules.sort("rule").iter_rows()),
    }


def spread(frame: pl.DataFrame) -> dict[str, list[float]]:
    """Least, first percentile, median, last percentile and most of each measure."""
    numbers = frame.drop("language")
    return {name: [round(float(numbers[name].quantile(q) or 0), 4) for q in QUANTILES] for name in numbers.columns}


def beyond(frame: pl.DataFrame) -> dict[str, float]:
    """Share of documents beyond the bounds that Gopher uses for English (table A1), for comparison."""
    gopher = {"repeated_ngram_share": 0.15, "repeated_line_share": 0.2, "mean_eojeol_chars": 10.0, "symbol_share": 0.1}
    return {name: round(float((frame[name] > bound).mean() or 0), 4) for name, bound in gopher.items()}
