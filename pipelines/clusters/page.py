"""Two members side by side as one HTML file that needs nothing else: no script, no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.clusters.compare import Row, counted, groups
from pipelines.pages import environment

_HERE = Path(__file__).parent
_OUTCOMES = {"kept": "남김", "marked": "표시하고 남김", "dropped": "뺌"}
_RULES = {"exact_duplicate@1": "글자와 숫자가 같음", "near_duplicate@1": "거의 같음"}


def build_page(release: str, members: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> str:
    """The page of two members (rows of the cluster table) and their compared texts. Every string is escaped."""
    sides = [_side(member) for member in members]
    return (
        environment(_HERE, "page.css")
        .get_template("page.html")
        .render(release=release, sides=sides, groups=groups(rows), counted=counted(rows))
    )


def _side(member: Mapping[str, Any]) -> dict[str, Any]:
    survivor = member["doc_id"] == member["survivor_id"]
    return {
        "id": member["doc_id"],
        "source": member["source"],
        "licence": member["licence"],
        "outcome": member["outcome"],
        "outcome_name": _OUTCOMES.get(member["outcome"], member["outcome"]),
        "role": "대표 문서" if survivor else _RULES.get(member["rule"], member["rule"]),
        "similarity": None if survivor else f"{member['similarity']:.4g}",
    }
