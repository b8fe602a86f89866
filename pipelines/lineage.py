"""OpenLineage events of a run: sources in, the release out, column by column."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from governance.lineage import (
    Dataset,
    Origin,
    Run,
    State,
    column_lineage_facet,
    engine_facet,
    licence_facet,
    merkle_facet,
    pii_facet,
    run_event,
    schema_facet,
    statistics_facet,
    version_facet,
    write_events,
)
from governance.manifest import MANIFEST
from governance.records.schemas import DOCUMENT, STAGED
from governance.records.storage import Location
from governance.signing import open_envelope
from pipelines.plan import Plan
from pipelines.stages.protect import pii_level
from pipelines.tasks import Context, Receipt

NAMESPACE = "malmoi"
# Released column: staged columns it is made of, and whether personal data is masked on the way.
_COLUMNS: dict[str, tuple[tuple[str, ...], bool]] = {
    "doc_id": (("native_id", "text"), True),
    "text": (("text",), True),
    "title": (("title",), True),
    "url": (("url",), True),
    "author": (("author",), True),
    "published_at": (("published_at",), False),
    "collected_at": (("collected_at",), False),
    "domain": (("domain",), False),
    "language": (("text",), False),
    "chars": (("text",), False),
    "quality": (("text",), False),
    "pii": (("text", "title", "url", "author"), True),
    "cluster_size": (("text",), False),
    "sensitive": (("text", "title"), False),
}
_DECIDING = ("quality", "language", "text_key", "signature")


def lineage_events(context: Context, receipts: Sequence[Receipt], path: Location, at: datetime) -> None:
    """Writes START and COMPLETE of the run to `path`, replacing what an interrupted attempt left."""
    plan = context.plan
    facets = {"processing_engine": engine_facet("Apache Beam", version("apache-beam"))}
    run = Run(plan.release_id, plan.recipe.name, NAMESPACE, facets)
    inputs = [_input(plan, source.name) for source in plan.sources]
    output = _output(context, receipts, inputs)
    if plan.released:
        inputs = [*inputs, Dataset(NAMESPACE, f"corpus/{plan.recipe.corpus}", {"version": _base(plan)})]
    write_events(path, [run_event(State.START, run, at, inputs), run_event(State.COMPLETE, run, at, inputs, [output])])


def _input(plan: Plan, name: str) -> Dataset:
    facets = {"schema": schema_facet(STAGED), "version": version_facet(plan.source(name).snapshot.name)}
    return Dataset(NAMESPACE, f"source/{name}", facets)


def _base(plan: Plan) -> dict[str, Any]:
    """Version of the release that a run adds to."""
    assert plan.base_release is not None
    return version_facet(plan.base_release)


def _output(context: Context, receipts: Sequence[Receipt], inputs: Sequence[Dataset]) -> Dataset:
    plan = context.plan
    made = [r for r in receipts if r.stage == "protect"]
    kinds: Counter[str] = Counter()
    for receipt in made:
        for kind, action, count in receipt.out["actions"]:
            kinds[kind] += count if action != "keep" else 0
    envelope = (context.home.release(plan.recipe.corpus, plan.release_id) / MANIFEST).read_bytes()
    merkle = open_envelope(envelope, context.keys.public_pem, MANIFEST)["predicate"]["merkle"]
    attribution = {s.name: s.terms.get("attribution") or "" for s in plan.sources}
    facets = {
        "schema": schema_facet(DOCUMENT),
        "version": version_facet(plan.release_id),
        "columnLineage": _column_lineage(inputs),
        "malmoi_licence": licence_facet({s.name: s.licence for s in plan.sources}, attribution=attribution),
        "malmoi_pii": pii_facet(pii_level(plan), dict(kinds)),
        "malmoi_merkleRoot": merkle_facet(merkle["root"], merkle["size"]),
    }
    size = sum(r.out["bytes"] for r in made)
    statistics = {"outputStatistics": statistics_facet(sum(r.out["rows"] for r in made), size, len(made))}
    return Dataset(NAMESPACE, f"corpus/{plan.recipe.corpus}", facets, statistics)


def _column_lineage(inputs: Sequence[Dataset]) -> dict:
    columns = {
        name: [
            Origin(d, column, step="protect@1" if masking else "prepare@1", masking=masking)
            for d in inputs
            for column in origins
        ]
        for name, (origins, masking) in _COLUMNS.items()
    }
    decided = [
        Origin(d, column, "FILTER", "judge@1" if column in ("quality", "language") else "deduplicate@1", direct=False)
        for d in inputs
        for column in _DECIDING
    ]
    return column_lineage_facet(columns, decided)


def read_events(path: Location) -> list[dict]:
    """Events of a file, for the commands that show them."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
