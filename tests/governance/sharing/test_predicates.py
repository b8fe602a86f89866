"""Hints: a file is left out only when no row of it can match; what is not understood keeps it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.entitlements import Shard
from governance.sharing.predicates import limited, may_match

SHARD = Shard("c", "shards/laws/kogl-1/1.parquet", "laws", "kogl-1", 1, 10)


def column(name: str, kind: str = "string") -> dict[str, Any]:
    return {"op": "column", "name": name, "valueType": kind}


def compare(op: str, name: str, value: str) -> dict[str, Any]:
    return {"op": op, "children": [column(name), {"op": "literal", "value": value, "valueType": "string"}]}


LAWS, WIKI, UNKNOWN = (
    compare("equal", "source", "laws"),
    compare("equal", "source", "wiki"),
    compare("equal", "title", "x"),
)
TABLE: list[tuple[Any, bool]] = [
    (LAWS, True),
    (WIKI, False),
    (UNKNOWN, True),
    (compare("lessThan", "source", "m"), True),
    (compare("greaterThanOrEqual", "source", "m"), False),
    (compare("equal", "licence", "kogl-1"), True),
    ({"op": "not", "children": [LAWS]}, False),
    ({"op": "not", "children": [UNKNOWN]}, True),
    ({"op": "and", "children": [LAWS, UNKNOWN]}, True),
    ({"op": "and", "children": [WIKI, UNKNOWN]}, False),
    ({"op": "or", "children": [WIKI, UNKNOWN]}, True),
    ({"op": "or", "children": [WIKI, WIKI]}, False),
    ({"op": "isNull", "children": [column("source")]}, False),
    ({"op": "isNull", "children": [column("title")]}, True),
    ({"op": "not", "children": [{"op": "isNull", "children": [column("source")]}]}, True),
    ({"op": "equal", "children": [column("source", "int"), {"op": "literal", "value": "1", "valueType": "int"}]}, True),
    ({"op": "startsWith", "children": [column("source")]}, True),
    ({"op": "and", "children": []}, True),
    ({"op": "not"}, True),
    ([], True),
    (7, True),
]


@pytest.mark.parametrize(("tree", "kept"), TABLE, ids=[json.dumps(row[0])[:60] for row in TABLE])
def test_a_file_is_left_out_only_when_it_cannot_match(tree: Any, kept: bool) -> None:
    assert may_match(json.dumps(tree), SHARD) is kept


@given(st.text())
def test_what_is_not_json_keeps_the_file(text: str) -> None:
    assert may_match(text, SHARD) or text.strip().startswith("{")


def test_a_limit_that_cannot_be_counted_keeps_every_file() -> None:
    unknown = Shard("c", "shards/laws/kogl-1/2.parquet", "laws", "kogl-1", 1)
    assert limited([SHARD, unknown], 5) == [SHARD, unknown]
    assert limited([SHARD, SHARD], 5) == [SHARD]
    assert limited([SHARD], None) == [SHARD]
    assert limited([SHARD], -1) == [SHARD]
