"""What may be chosen: the recipe's `deduplicate` keys that make sense without sources and terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, PositiveInt

from governance.records.errors import ConfigError
from governance.records.settings import Frozen, parse
from transforms.dedup.presets import Preset, preset

MEBIBYTE = 1 << 20


class Settings(Frozen):
    """Which duplicates leave.

    Attributes:
        exact: documents with the same letters and digits are one.
        near: documents whose n-grams reach the bound are one.
        bound: least share, 0 to 1; None takes the preset's.
        measure: jaccard compares both ways; containment asks how much of what leaves its survivor holds.
        rounds: how often the rejected are clustered again; 0 makes the outcome local.
        normalise: texts are cleaned first, as a run cleans them.
        chunk_bytes: text verified together by one thread; a larger cluster is still verified whole.
    """

    preset: str = "korean"
    exact: bool = True
    near: bool = True
    bound: float | None = Field(default=None, gt=0, le=1)
    measure: Literal["jaccard", "containment"] = "jaccard"
    rounds: int = Field(default=3, ge=0, le=100)
    normalise: bool = False
    chunk_bytes: PositiveInt = 16 * MEBIBYTE

    @property
    def chosen(self) -> Preset:
        """The preset's parameters."""
        return preset(self.preset)

    @property
    def limit(self) -> float:
        """The bound in force."""
        return self.chosen.bound if self.bound is None else self.bound


def read_settings(name: str, pairs: Sequence[str]) -> Settings:
    """Settings from a preset's name and `key=value` pairs.

    Raises:
        ConfigError: a pair without `=`, an unknown key or preset (names the nearest), a value out of range.
    """
    split = [pair.partition("=") for pair in pairs]
    wrong = [f"--set {key}: write key=value" for key, equals, _ in split if not equals]
    if wrong:
        raise ConfigError(wrong)
    found = parse(Settings, {"preset": name} | {key.strip(): value for key, _, value in split}, "--set")
    preset(found.preset)
    if not (found.exact or found.near):
        raise ConfigError("--set: exact and near are both off, so nothing could be found; leave one on")
    return found
