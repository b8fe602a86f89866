from __future__ import annotations

import re
from pathlib import Path

import labeling
from labeling.store.queries import described, percent_style, queries, schema

PACKAGE = Path(labeling.__file__).parent


def test_every_query_says_in_prose_what_it_is_for():
    assert [name for name, (prose, _) in described().items() if not prose.endswith(".")] == []


def test_every_query_is_used_and_every_used_one_exists():
    code = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    quoted = set(re.findall(r'"([a-z]+(?:_[a-z]+)*)"', code))
    assert set(queries()) - quoted == set()
    calls = set(re.findall(r'session\.(?:all|one|run|many|stream)\(\s*"(\w+)"', code))
    assert calls - set(queries()) == set()


def test_the_schema_can_be_made_again():
    assert all("IF NOT EXISTS" in statement for statement in schema())


def test_parameters_become_percent_style_and_casts_and_percents_survive():
    assert percent_style("a = :one AND b LIKE '%x' AND c::text = :two") == (
        "a = %(one)s AND b LIKE '%%x' AND c::text = %(two)s"
    )
