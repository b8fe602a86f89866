"""Bounds over measured columns: which documents stay, and by which rule the others leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from governance.records.errors import ConfigError
from governance.records.settings import nearest
from transforms.quality.rules import RULES, Rule

JUDGED: dict[str, Rule] = RULES | {
    "chars": Rule("chars", 1, "characters", "docs/decisions/quality-bounds.md", "Unicode code points"),
    "language": Rule("language", 1, "BCP 47 code", "transforms/language/identify.py", "language by script"),
}
_SIDES = ("at_least", "at_most")


@dataclass(frozen=True)
class Bound:
    """A document stays where `at_least <= measure <= at_most`; None is off, 0 is zero."""

    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class OneOf:
    """A document stays where the column is one of these values."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Bounds:
    """Bounds by measure, in the order declared: the first that fails is the one the ledger names."""

    bounds: tuple[tuple[str, Bound | OneOf], ...] = ()

    @classmethod
    def parse(cls, given: Mapping[str, Any], where: str = "judge.bounds") -> Bounds:
        """Reads `{measure: {at_least:, at_most:}}`; `language` takes `{one_of: […]}`.

        Raises:
            ConfigError: every problem found, unknown names with the nearest known one.
        """
        problems: list[str] = []
        parsed = [(name, _parse(name, value, f"{where}.{name}", problems)) for name, value in given.items()]
        if problems:
            raise ConfigError(problems)
        return cls(tuple((name, bound) for name, bound in parsed if bound is not None))


def judge(frame: pl.DataFrame | pa.Table, bounds: Bounds) -> pl.DataFrame:
    """One row a document, in order: which stay, and the first rule that the others fail.

    A measure that is null fails its bound: what could not be measured is not known to be good.

    Args:
        frame: the measures that are bounded, as columns of these names.

    Returns:
        Columns keep (bool), rule (`name@version`, null when kept), measured and bound (float64; null for `language`).

    Raises:
        ConfigError: a bounded column is not in the frame.
    """
    table = frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(pl.from_arrow(frame))
    missing = [name for name, _ in bounds.bounds if name not in table.columns]
    if missing:
        raise ConfigError([f"judge: no column {name!r} to bound{nearest(name, table.columns)}" for name in missing])
    verdicts = [_verdict(name, bound) for name, bound in bounds.bounds]
    first = table.select(verdict=pl.coalesce([*verdicts, pl.repeat(None, pl.len(), dtype=_VERDICT)]))
    return first.select(keep=pl.col("verdict").is_null(), verdict="verdict").unnest("verdict")


_VERDICT = pl.Struct({"rule": pl.String, "measured": pl.Float64, "bound": pl.Float64})


def _verdict(name: str, bound: Bound | OneOf) -> pl.Expr:
    """A struct of rule, measured and bound where the bound fails, null where it holds."""
    column = pl.col(name)
    if isinstance(bound, OneOf):
        measured, limit, fails = pl.lit(None, pl.Float64), pl.lit(None, pl.Float64), ~column.is_in(list(bound.values))
    else:
        measured, (limit, fails) = column.cast(pl.Float64), _outside(column, bound)
    found = pl.struct(rule=pl.lit(JUDGED[name].id), measured=measured, bound=limit.cast(pl.Float64))
    return pl.when(fails | column.is_null()).then(found)


def _outside(column: pl.Expr, bound: Bound) -> tuple[pl.Expr, pl.Expr]:
    """The side that a value lies beyond, and whether it lies beyond one. NaN lies beyond both."""
    low, high = bound.at_least, bound.at_most
    below = pl.lit(False) if low is None else ~(column >= low) | column.cast(pl.Float64).is_nan()
    above = pl.lit(False) if high is None else ~(column <= high) | column.cast(pl.Float64).is_nan()
    limit = pl.lit(high if low is None else low, pl.Float64)
    if low is not None and high is not None:
        limit = pl.when(above & ~below).then(pl.lit(high, pl.Float64)).otherwise(limit)
    return limit, below | above


def _parse(name: str, given: Any, where: str, problems: list[str]) -> Bound | OneOf | None:
    if name not in JUDGED:
        problems.append(f"{where}: no such measure{nearest(name, JUDGED)}")
        return None
    sides = ("one_of",) if name == "language" else _SIDES
    if not isinstance(given, Mapping) or not given:
        problems.append(f"{where}: expected a mapping with {' or '.join(sides)}")
        return None
    unknown = [f"{where}: unknown key {key!r}{nearest(str(key), sides)}" for key in given if key not in sides]
    problems += unknown
    if unknown:
        return None
    return _one_of(given["one_of"], where, problems) if name == "language" else _bound(given, where, problems)


def _one_of(values: Any, where: str, problems: list[str]) -> OneOf | None:
    if isinstance(values, list | tuple) and values and all(isinstance(value, str) for value in values):
        return OneOf(tuple(values))
    problems.append(f"{where}.one_of: expected a list of language codes")
    return None


def _bound(given: Mapping[str, Any], where: str, problems: list[str]) -> Bound | None:
    wrong = [
        f"{where}.{side}: expected a number"
        for side, value in given.items()
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value != value)
    ]
    low, high = given.get("at_least"), given.get("at_most")
    if not wrong and low is not None and high is not None and low > high:
        wrong.append(f"{where}: at_least {low} is above at_most {high}; nothing would stay")
    problems += wrong
    return None if wrong else Bound(low, high)
