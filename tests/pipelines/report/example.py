"""A run's report data, small and hand-made: two sources that balance, one refused."""

from __future__ import annotations

from typing import Any


def stage(name: str, came: int, kept: int, dropped: int = 0, broken: int = 0) -> dict[str, Any]:
    """One line of the books."""
    return {"stage": name, "in": came, "kept": kept, "dropped": dropped, "broken": broken}


def source(name: str, sector: str, stages: list[dict[str, Any]], broken_items: int = 0) -> dict[str, Any]:
    """One source."""
    items = {"in": 10, "kept": 10 - broken_items, "broken": broken_items}
    return {"name": name, "sector": sector, "licence": "kogl-1", "items": items, "stages": stages, "mb": 2.5}


def report_example() -> dict[str, Any]:
    """A fresh mapping each time, free to be changed."""
    letters = [stage("prepare", 1000, 990, 0, 10), stage("judge", 990, 900, 90), stage("deduplicate", 900, 850, 50)]
    reviews = [stage("prepare", 200, 200), stage("judge", 200, 200), stage("deduplicate", 200, 199, 1)]
    edges = [0, 10, 100, 1000, 2**31 - 1]
    return {
        "run": {
            "id": "20261124-0730-demo",
            "recipe": "demo",
            "corpus": "demo",
            "started": "2026-11-24T07:30:15+00:00",
            "seconds": 75.0,
            "commit": "ab60fdd12c3e",
            "machine": "x86_64, 2 cores",
            "plan_hash": "x6b2q7m4",
            "release_id": "k3q5h2b7",
            "release_path": "/home/me/.malmoi/governed/demo/releases/k3q5h2b7",
        },
        "sources": [
            source("letters", "government", [*letters, stage("protect", 850, 850)], broken_items=2),
            source("reviews", "private", [*reviews, stage("protect", 199, 199)]),
        ],
        "refused": [{"source": "old-news", "policies": ["admit-expired"], "reason": "the terms expired"}],
        "stopped": [],
        "drops": [
            {"source": "letters", "stage": "judge", "rule": "hangul_share@1", "count": 90},
            {"source": "letters", "stage": "deduplicate", "rule": "exact_duplicate@1", "count": 50},
            {"source": "reviews", "stage": "deduplicate", "rule": "exact_duplicate@1", "count": 1},
        ],
        "cuts": [{"source": "letters", "stage": "protect", "rule": "repeated_line_in_source@1", "count": 12}],
        "broken": [
            {"source": "letters", "unit": "document", "code": "empty_text", "count": 10},
            {"source": "letters", "unit": "item", "code": "truncated", "count": 2},
        ],
        "distributions": {
            "chars": {
                "letters": {"edges": edges, "counts": [0, 90, 900, 0]},
                "reviews": {"edges": edges, "counts": [0, 200, 0, 0]},
            }
        },
        "clusters": {
            "sizes": {"1": 998, "2": 40, "3": 5, "13": 1, "200": 1},
            "removed": 51,
            "marked": 7,
            "largest": [{"survivor": "survivor-id-1", "size": 200}],
        },
        "released": {},
        "pii": [
            {"source": "letters", "kind": "phone", "action": "pseudonymise", "count": 30},
            {"source": "reviews", "kind": "phone", "action": "mask", "count": 4},
            {"source": "letters", "kind": "resident_number", "action": "destroy", "count": 6},
            {"source": "letters", "kind": "url", "action": "keep", "count": 900},
        ],
        "sensitive": [
            {"source": "letters", "category": "union", "documents": 2, "sentences": 5},
            {"source": "letters", "category": "health", "documents": 3, "sentences": 4},
            {"source": "reviews", "category": "health", "documents": 1, "sentences": 1},
        ],
        "stages": [
            {"stage": "prepare", "seconds": 50.0, "cpu_s": 49.0, "documents": 1190, "mb": 5.0, "peak_rss_mb": 400.0},
            {"stage": "connect", "seconds": 0.5, "cpu_s": 0.5, "documents": 0, "mb": 0, "peak_rss_mb": 200.0},
        ],
        "planted": [
            {
                "what": "pii",
                "kind": "mobile",
                "variant": "ocr",
                "planted": 7,
                "found": 5,
                "withheld": 1,
                "misses": [
                    {"corpus": "letters", "line": 4017},
                    {"corpus": "pages", "line": 5003},
                ],
            },
            {
                "what": "broken",
                "kind": "johab",
                "variant": "item",
                "planted": 1,
                "found": 1,
                "withheld": 0,
                "misses": [],
            },
        ],
        "shards": [
            {"path": "shards/a.parquet", "source": "letters", "licence": "kogl-1", "rows": 850, "bytes": 1_500_000},
            {"path": "shards/b.parquet", "source": "reviews", "licence": "cc0-1.0", "rows": 199, "bytes": 90_000},
        ],
        "label": {"projects": ["tone"]},
        "next": ["malmoi verify demo --key signing.pub"],
    }


def empty_example() -> dict[str, Any]:
    """A run to which no source was admitted."""
    return report_example() | {
        "sources": [],
        "drops": [],
        "cuts": [],
        "broken": [],
        "distributions": {},
        "clusters": {"sizes": {}, "removed": 0, "marked": 0, "largest": []},
        "pii": [],
        "sensitive": [],
        "stages": [],
        "planted": [],
        "shards": [],
        "label": {"projects": []},
        "next": [],
    }
