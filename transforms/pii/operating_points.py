"""Operating points: the lowest score that is acted on, by what matters more. The curve is in docs/guide/pii.md.

Source: benchmarks/quality/pii/result.json, "curve", measured on documents that no tuning has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from governance.records.errors import ConfigError
from governance.records.settings import nearest
from transforms.pii.recogniser import LEAST

POINTS: Mapping[str, int] = MappingProxyType({"recall": 200, "usual": LEAST, "precision": 800})


def lowest_score(point: str | None, at_least: int | None) -> int:
    """The bound, per mille: `at_least` where it is given, else the named point's, else the usual one.

    Raises:
        ConfigError: no such point, both given, or a bound outside 0 to 1000.
    """
    if point is not None and at_least is not None:
        raise ConfigError("--operating-point and --at-least say the same thing; give one")
    if point is not None and point not in POINTS:
        raise ConfigError(f"--operating-point {point}: {', '.join(POINTS)}{nearest(point, POINTS)}")
    if at_least is not None and not 0 <= at_least <= 1000:
        raise ConfigError(f"--at-least {at_least}: a score per mille, 0 to 1000")
    return at_least if at_least is not None else POINTS[point or "usual"]
