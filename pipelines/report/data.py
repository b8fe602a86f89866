"""The data of a run's report: everything it shows, as one plain mapping; no text of any document."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.base import Item
from governance.manifest import Book
from governance.records.ids import content_name
from governance.records.schemas import SENTENCE, SPAN
from governance.records.storage import Location, matching, readable
from pipelines.adding import met
from pipelines.books import CARRIED
from pipelines.costs import next_commands, stage_costs
from pipelines.plan import Plan
from pipelines.report.planted import planted_vs_found
from pipelines.stages.histograms import EDGES
from pipelines.stages.snapshot import load_items
from pipelines.tasks import Context, Receipt

_LARGEST = 10


def report_data(
    context: Context, directory: Path, receipts: Sequence[Receipt], lines: Sequence[Book]
) -> dict[str, Any]:
    """Everything the report shows, from receipts, books and the release's ledger."""
    plan = context.plan
    release = context.home.release(plan.recipe.corpus, plan.release_id)
    record = json.loads((directory / "run.json").read_bytes())
    return {
        "run": _run(context, record),
        "sources": [_source(context, name.name, lines, receipts) for name in plan.sources],
        "refused": [r.model_dump(mode="json") for r in plan.refused],
        "stopped": _stopped(plan, lines),
        "drops": _drops(receipts),
        "cuts": _cuts(receipts),
        "broken": _broken(receipts),
        "distributions": _distributions(receipts),
        "clusters": _clusters(release, receipts),
        "released": met(plan, context.home, receipts),
        "pii": _pii(receipts),
        "sensitive": _sensitive(receipts),
        "stages": stage_costs(receipts),
        "planted": _planted(context, release),
        "shards": [_shard(r) for r in _of(receipts, "protect") if r.out["rows"]],
        "label": {"projects": [setting.project for setting in plan.recipe.label]},
        "next": next_commands(plan),
    }


def _of(receipts: Sequence[Receipt], stage: str) -> list[Receipt]:
    return sorted((r for r in receipts if r.stage == stage), key=lambda r: r.name)


def _run(context: Context, record: Mapping[str, Any]) -> dict[str, Any]:
    plan = context.plan
    versions = {name: importlib.metadata.version(name) for name in ("apache-beam", "pyarrow", "polars", "numba")}
    return {
        "id": record["run"],
        "recipe": plan.recipe.name,
        "corpus": plan.recipe.corpus,
        "started": record["started"],
        "seconds": record.get("seconds", 0.0),
        "commit": content_name(plan.families)[:12],
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "versions": versions,
        "plan_hash": plan.core,
        "release_id": plan.release_id,
        "release_path": str(context.home.release(plan.recipe.corpus, plan.release_id)),
    }


def _source(context: Context, name: str, lines: Sequence[Book], receipts: Sequence[Receipt]) -> dict[str, Any]:
    source = context.source(name)
    mine = [line for line in lines if line.source == name and line.stage != CARRIED]
    items = next(line for line in mine if line.unit == "item")
    stages = [
        {"stage": line.stage, "in": line.came, "kept": line.kept, "dropped": line.dropped, "broken": line.broken}
        for line in mine
        if line.unit == "document"
    ]
    return {
        "name": name,
        "sector": source.spec.sector,
        "licence": source.licence_class,
        "items": {"in": items.came, "kept": items.kept, "broken": items.broken},
        "stages": stages,
        "mb": round(sum(r.out["read_bytes"] for r in _of(receipts, "prepare") if r.source == name) / 1e6, 3),
    }


def _stopped(plan: Plan, lines: Sequence[Book]) -> list[dict[str, Any]]:
    """Sources that were released and are not carried over, with how many documents left with them."""
    gone = {line.source: line.dropped for line in lines if line.stage == CARRIED}
    return [entry.model_dump(mode="json") | {"documents": gone.get(entry.source, 0)} for entry in plan.stopped]


def _drops(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for receipt in receipts:
        if receipt.stage in ("judge", "protect"):
            for rule, count in receipt.out["rules"].items():
                counts[(receipt.source, receipt.stage, rule)] += count
        elif receipt.stage == "deduplicate":
            for source, rule, outcome, count in receipt.out["rules"]:
                if outcome == "dropped":
                    counts[(source, receipt.stage, rule)] += count
    return [{"source": s, "stage": t, "rule": r, "count": n} for (s, t, r), n in sorted(counts.items())]


def _cuts(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """Documents that stay without some of their passages, by source and rule."""
    counts: Counter[tuple[str, str]] = Counter()
    for receipt in _of(receipts, "protect"):
        for rule, documents, _ in receipt.out["cuts"].get("rules", []):
            counts[(receipt.source, rule)] += documents
    return [{"source": s, "stage": "protect", "rule": r, "count": n} for (s, r), n in sorted(counts.items())]


def _broken(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for receipt in _of(receipts, "prepare"):
        for unit, code, count in receipt.out["broken"]:
            counts[(receipt.source, unit, code)] += count
    for receipt in _of(receipts, "deduplicate"):
        for source, _, outcome, count in receipt.out["rules"]:
            if outcome == "broken":
                counts[(source, "document", "duplicate_native_id")] += count
    return [{"source": s, "unit": u, "code": c, "count": n} for (s, u, c), n in sorted(counts.items())]


def _distributions(receipts: Sequence[Receipt]) -> dict[str, Any]:
    totals: dict[str, dict[str, list[int]]] = {name: {} for name in EDGES}
    for receipt in _of(receipts, "judge"):
        for name, counts in receipt.out["histograms"].items():
            known = totals[name].get(receipt.source, [0] * len(counts))
            totals[name][receipt.source] = [a + b for a, b in zip(known, counts, strict=True)]
    return {
        name: {source: {"edges": EDGES[name], "counts": counts} for source, counts in sorted(found.items())}
        for name, found in totals.items()
    }


def _clusters(release: Location, receipts: Sequence[Receipt]) -> dict[str, Any]:
    table = pl.DataFrame(pq.read_table(readable(release / "clusters.parquet")))
    outcome: Counter[str] = Counter()
    for _, _, what, count in _of(receipts, "deduplicate")[0].out["rules"]:
        outcome[what] += count
    heads = table.filter(pl.col("doc_id") == pl.col("survivor_id")).sort(
        "cluster_size", "doc_id", descending=[True, False]
    )
    sizes = _of(receipts, "deduplicate")[0].out["cluster_sizes"]
    largest = [{"survivor": r["doc_id"], "size": r["cluster_size"]} for r in heads.head(_LARGEST).to_dicts()]
    return {"sizes": sizes, "removed": outcome["dropped"], "marked": outcome["marked"], "largest": largest}


def _pii(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for receipt in _of(receipts, "protect"):
        for kind, action, count in receipt.out["actions"]:
            counts[(receipt.source, kind, action)] += count
    for receipt in _of(receipts, "prepare"):
        for kind, count in receipt.out["destroyed"].items():
            counts[(receipt.source, kind, "destroy")] += count
    return [{"source": s, "kind": k, "action": a, "count": n} for (s, k, a), n in sorted(counts.items())]


def _sensitive(receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """Released documents that speak of a category and their sentences that do, by source."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for receipt in _of(receipts, "protect"):
        for category, documents, sentences in receipt.out["sensitive"]:
            counts[receipt.source, category, "documents"] += documents
            counts[receipt.source, category, "sentences"] += sentences
    return [
        {"source": s, "category": c, "documents": counts[s, c, "documents"], "sentences": counts[s, c, "sentences"]}
        for s, c in sorted({key[:2] for key in counts})
    ]


def _shard(receipt: Receipt) -> dict[str, Any]:
    out = receipt.out
    return {
        "path": out["path"],
        "source": receipt.source,
        "licence": out["licence_class"],
        "rows": out["rows"],
        "bytes": out["bytes"],
    }


def _planted(context: Context, release: Location) -> list[dict[str, Any]]:
    """Planted against found, where the recipe names the known truth of generated samples."""
    truth = context.plan.recipe.truth
    if truth is None:
        return []
    path = Path(os.path.expandvars(truth))
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    spans = pa.concat_tables([SPAN.empty_table(), *(pq.read_table(readable(p)) for p in _ledger(release, "spans"))])
    decisions = pa.concat_tables(pq.read_table(readable(p)) for p in _ledger(release, "decisions"))
    told = pa.concat_tables(
        [SENTENCE.empty_table(), *(pq.read_table(readable(p)) for p in _ledger(release, "sensitive"))]
    )
    return planted_vs_found(rows, staged_documents(context), spans, decisions, _broken_items(context, release), told)


def _ledger(release: Location, what: str) -> list[Location]:
    return matching(release / "ledger", f"{what}-*.parquet")


def staged_documents(context: Context) -> pa.Table:
    """doc_id, source, item, native_id and locator of every staged document of the plan's snapshots."""
    tables = []
    for source in context.plan.sources:
        items = load_items(source.snapshot.zone, context.home, context.keys)
        for path in matching(context.home.zone(source.snapshot.zone) / "prepare", "*.parquet"):
            if not path.name.endswith(".broken.parquet"):
                table = context.read(source.snapshot.zone, path, ["doc_id", "native_id", "item", "destroyed"])
                tables.append(_described(table, source.name, items))
    return pa.concat_tables(tables)


def _described(table: pa.Table, source: str, items: Sequence[Item]) -> pa.Table:
    names = [items[n].name for n in table["item"].to_pylist()]
    natives = table["native_id"].to_pylist()
    locators = [
        native.removeprefix(name) if native.startswith(name) else ""
        for native, name in zip(natives, names, strict=True)
    ]
    return pa.table(
        {
            "doc_id": table["doc_id"],
            "source": pa.repeat(pa.scalar(source), table.num_rows),
            "item": pa.array(names, pa.string()),
            "native_id": table["native_id"],
            "destroyed": table["destroyed"],
            "locator": pa.array(locators, pa.string()),
        }
    )


def _broken_items(context: Context, release: Location) -> pa.Table:
    table = pq.read_table(readable(release / "broken.parquet"))
    items = {s.name: load_items(s.snapshot.zone, context.home, context.keys) for s in context.plan.sources}
    names = [items[row["source"]][row["item"]].name for row in table.select(["source", "item"]).to_pylist()]
    return table.append_column("item_name", pa.array(names, pa.string()))
