"""The report of a run as one HTML file that needs nothing else: no script, no network, no text of any document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from pipelines.pages import environment
from pipelines.report import figures
from pipelines.report.clusters import clusters_view
from pipelines.report.costs import shard_groups, stage_costs
from pipelines.report.distributions import HEIGHT, histogram_views
from pipelines.report.flow import flow_of, outcome_name
from pipelines.report.personal import personal_view, sensitive_view
from pipelines.report.planted_table import misses_of, planted_blocks
from pipelines.report.reasons import broken_reasons, drop_reasons
from pipelines.report.sankey import css_class, drawing

_TEMPLATES = Path(__file__).with_name("templates")
SHARDS_LISTED = 200  # beyond these the manifest is the place to look


def build_report(data: Mapping[str, Any]) -> str:
    """The page for `data` (the layout of `report.json`, see `pipelines.report.data`).

    Every string is escaped; the page's own policy forbids scripts and any request. Raises nothing of its own: a
    mapping without one of the keys is a fault of the caller and ends in jinja2.UndefinedError or KeyError.
    """
    return _environment().get_template("report.html").render(_views(data))


@cache
def _environment() -> Environment:
    made = environment(_TEMPLATES, "report.css")
    made.filters |= {name: getattr(figures, name) for name in ("count", "size", "duration", "share", "width", "rate")}
    made.globals |= {
        "outcome_name": outcome_name,
        "css_class": css_class,
        "bar_height": HEIGHT,
    }
    return made


def _views(data: Mapping[str, Any]) -> dict[str, Any]:
    flow = flow_of(data["sources"])
    return {
        "run": data["run"],
        "flow": flow,
        "drawing": drawing(flow),
        "refused": data["refused"],
        "stopped": data["stopped"],
        "drops": drop_reasons(data["drops"]),
        "cuts": drop_reasons(data["cuts"]),
        "broken": broken_reasons(data["broken"]),
        "histograms": histogram_views(data["distributions"]),
        "released": data["released"],
        "clusters": clusters_view(data["clusters"]),
        "personal": personal_view(data["pii"]),
        "sensitive": sensitive_view(data.get("sensitive", [])),
        "costs": stage_costs(data["stages"]),
        "blocks": planted_blocks(data["planted"]),
        "misses": misses_of(data["planted"]),
        "shards": data["shards"][:SHARDS_LISTED],
        "shards_unlisted": max(0, len(data["shards"]) - SHARDS_LISTED),
        "groups": shard_groups(data["shards"]),
        "label": data["label"],
        "next": data["next"],
    }
