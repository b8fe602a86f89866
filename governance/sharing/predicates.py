"""Hints that leave out files: `source` and `licence` are the same in every row of a shard, so they can be judged.

Hints are best effort: what is not understood keeps the file. They never widen what a recipient may have.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from governance.entitlements import Shard

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "equal": operator.eq,
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
    "greaterThan": operator.gt,
    "greaterThanOrEqual": operator.ge,
}


def may_match(hints: str | None, shard: Shard) -> bool:
    """Whether a row of the shard can satisfy the JSON predicate; True when that cannot be told."""
    if not hints:
        return True
    try:
        tree = json.loads(hints)
    except ValueError:
        return True
    return _value(tree, {"source": shard.source, "licence": shard.licence_class}) is not False


def _value(node: Any, columns: Mapping[str, str]) -> bool | None:
    """True, False, or None for unknown (Kleene's three-valued logic)."""
    if not isinstance(node, dict):
        return None
    name, children = node.get("op"), node.get("children")
    children = children if isinstance(children, list) else []
    if name in ("and", "or"):
        return _joined([_value(child, columns) for child in children], decisive=name == "or")
    if name == "not" and len(children) == 1:
        inner = _value(children[0], columns)
        return None if inner is None else not inner
    if name == "isNull" and len(children) == 1:
        return False if _leaf(children[0], columns) is not None else None
    if name in _COMPARISONS and len(children) == 2:
        left, right = (_leaf(child, columns) for child in children)
        return None if left is None or right is None else _COMPARISONS[name](left, right)
    return None


def _joined(values: Sequence[bool | None], *, decisive: bool) -> bool | None:
    if decisive in values:
        return decisive
    return None if None in values or not values else not decisive


def _leaf(node: Any, columns: Mapping[str, str]) -> str | None:
    if not isinstance(node, dict) or node.get("valueType") != "string":
        return None
    if node.get("op") == "column":
        return columns.get(str(node.get("name")))
    value = node.get("value")
    return value if node.get("op") == "literal" and isinstance(value, str) else None


def limited(shards: Sequence[Shard], limit: int | None) -> list[Shard]:
    """The first shards that together hold `limit` rows; all of them when the limit is off or counts are unknown."""
    if limit is None or limit < 0 or any(shard.rows < 0 for shard in shards):
        return list(shards)
    kept: list[Shard] = []
    rows = 0
    for shard in shards:
        if rows >= limit:
            break
        kept.append(shard)
        rows += shard.rows
    return kept
