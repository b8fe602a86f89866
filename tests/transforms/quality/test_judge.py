"""Bounds: read with every problem named, and obeyed in the order declared."""

from __future__ import annotations

import math

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.records.errors import ConfigError
from transforms.quality.judge import JUDGED, Bound, Bounds, OneOf, judge

FRAME = pl.DataFrame(
    {
        "chars": pl.Series([10, 200, 200, 200, None], dtype=pl.Int32),
        "hangul_share": [0.9, 0.1, 0.9, math.nan, 0.9],
        "language": ["ko", "en", "ko", "ko", None],
    }
)

WRONG = {
    "a measure nobody knows": ({"hangul_shar": {"at_least": 0.5}}, "did you mean 'hangul_share'"),
    "a side nobody knows": ({"chars": {"atleast": 5}}, "did you mean 'at_least'"),
    "no sides": ({"chars": {}}, "expected a mapping with at_least or at_most"),
    "a bare number": ({"chars": 5}, "expected a mapping"),
    "a word for a number": ({"chars": {"at_least": "five"}}, "expected a number"),
    "a truth for a number": ({"chars": {"at_least": True}}, "expected a number"),
    "not a number": ({"chars": {"at_least": math.nan}}, "expected a number"),
    "sides crossed": ({"chars": {"at_least": 9, "at_most": 3}}, "nothing would stay"),
    "a bound on the language": ({"language": {"at_least": 1}}, "unknown key 'at_least'"),
    "one language, not a list": ({"language": {"one_of": "ko"}}, "expected a list of language codes"),
}


@pytest.mark.parametrize(("given", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Bounds.parse(given)


def test_every_problem_is_named_at_once_with_its_place() -> None:
    with pytest.raises(ConfigError) as error:
        Bounds.parse(
            {"charz": {}, "lines": {"at_least": "x"}, "eojeol": {"at_least": 2, "at_most": 1}}, "recipe.yaml: judge"
        )
    assert len(error.value.problems) == 3
    assert all(problem.startswith("recipe.yaml: judge.") for problem in error.value.problems)


def test_bounds_keep_the_order_declared() -> None:
    bounds = Bounds.parse({"language": {"one_of": ["ko", "en"]}, "chars": {"at_least": 0}, "lines": {"at_most": 3.5}})
    assert bounds.bounds == (("language", OneOf(("ko", "en"))), ("chars", Bound(0, None)), ("lines", Bound(None, 3.5)))


def test_the_first_bound_that_fails_is_named_with_value_and_bound() -> None:
    given = {
        "chars": {"at_least": 50},
        "hangul_share": {"at_least": 0.5, "at_most": 1.0},
        "language": {"one_of": ["ko"]},
    }
    verdicts = judge(FRAME, Bounds.parse(given))
    assert verdicts["keep"].to_list() == [False, False, True, False, False]
    assert verdicts["rule"].to_list() == ["chars@1", "hangul_share@1", None, "hangul_share@1", "chars@1"]
    assert verdicts["measured"].to_list()[:3] == [10.0, 0.1, None]
    assert verdicts["bound"].to_list() == [50.0, 0.5, None, 0.5, 50.0]
    other = judge(FRAME, Bounds.parse(dict(reversed(given.items()))))
    assert other["rule"].to_list() == ["chars@1", "language@1", None, "hangul_share@1", "language@1"]


def test_language_has_neither_value_nor_bound() -> None:
    verdicts = judge(FRAME, Bounds.parse({"language": {"one_of": ["ko"]}}))
    assert verdicts.rows() == [
        (True, None, None, None),
        (False, "language@1", None, None),
        (True, None, None, None),
        (True, None, None, None),
        (False, "language@1", None, None),
    ]


def test_what_could_not_be_measured_does_not_stay() -> None:
    verdicts = judge(FRAME, Bounds.parse({"chars": {"at_most": 500}}))
    assert verdicts.row(4) == (False, "chars@1", None, 500.0)
    assert judge(FRAME, Bounds.parse({"hangul_share": {"at_most": 1}})).row(3)[:2] == (False, "hangul_share@1")


def test_a_side_that_is_none_is_off_and_zero_is_zero() -> None:
    frame = pl.DataFrame({"lines": pl.Series([0, 1, -1], dtype=pl.Int32)})
    assert judge(frame, Bounds.parse({"lines": {"at_least": None, "at_most": 0}}))["keep"].to_list() == [
        True,
        False,
        True,
    ]
    assert judge(frame, Bounds.parse({"lines": {"at_least": None}}))["keep"].to_list() == [True, True, True]


def test_without_bounds_everything_stays() -> None:
    verdicts = judge(FRAME, Bounds())
    assert verdicts["keep"].to_list() == [True] * 5
    assert verdicts.schema == judge(FRAME, Bounds.parse({"chars": {"at_least": 1}})).schema
    assert judge(FRAME.clear(), Bounds()).height == 0
    assert judge(FRAME.clear(), Bounds.parse({"chars": {"at_least": 1}})).height == 0


def test_arrow_tables_are_judged_alike() -> None:
    bounds = Bounds.parse({"chars": {"at_least": 50}, "language": {"one_of": ["ko"]}})
    assert judge(FRAME.to_arrow(), bounds).equals(judge(FRAME, bounds))
    assert isinstance(FRAME.to_arrow(), pa.Table)


def test_a_bounded_column_that_is_missing_is_refused() -> None:
    with pytest.raises(ConfigError, match="no column 'lines'"):
        judge(FRAME, Bounds.parse({"lines": {"at_least": 1}}))


values = st.lists(
    st.one_of(st.none(), st.floats(allow_nan=True), st.integers(-5, 5).map(float)), min_size=1, max_size=8
)
sides = st.one_of(st.none(), st.integers(-5, 5).map(float))


@given(values, sides, sides)
def test_a_document_stays_exactly_where_every_side_holds(
    measured: list[float | None], low: float | None, high: float | None
) -> None:
    bounds = Bounds((("url_share", Bound(low, high)),))
    verdicts = judge(pl.DataFrame({"url_share": pl.Series(measured, dtype=pl.Float64)}), bounds)
    for value, keep, rule, found, bound in zip(measured, *verdicts, strict=True):
        holds = value is not None and (low is None or value >= low) and (high is None or value <= high)
        assert keep == holds
        assert (rule is None) == holds
        if not holds and value is not None and not math.isnan(value):
            assert found == value
            assert bound == (low if low is not None and value < low else high)


def test_each_judged_column_has_a_rule() -> None:
    assert {"chars", "language"} < set(JUDGED)
    assert all(name == rule.name for name, rule in JUDGED.items())
