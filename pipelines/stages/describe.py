"""What a release says of itself: its signed manifest, its card and the attributions it owes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow.parquet as pq

from governance.card import CardFacts, CardSource, dataset_card
from governance.delta import Shard, file_sha256
from governance.keys import KeyStore
from governance.manifest import MANIFEST, ROOT, Book, Facts, build, root_statement
from governance.records.ids import content_name
from governance.records.storage import Location, below, files_below, readable
from governance.seal import SEAL
from governance.signing import sign_statement
from pipelines.plan import Plan
from pipelines.stages.protect import pii_level
from pipelines.tasks import Context, Receipt

RELEASE_STAGE = "release"
_UNSIGNED = {MANIFEST, ROOT, SEAL, "lineage.jsonl"}


def manifest(
    context: Context, shards: Sequence[Shard], directory: Location, version: int, lines: Sequence[Book]
) -> dict[str, bytes]:
    """The signed manifest and the signed root of a run's release, by file name.

    Args:
        version: Delta version that the commit is to make.
    """
    facts = _facts(context.plan, version, [*lines, *released(shards)])
    return signed(facts, shards, context.home.corpus(context.plan.recipe.corpus), directory, context.keys)


def signed(
    facts: Facts, shards: Sequence[Shard], root: Location, directory: Location, keys: KeyStore
) -> dict[str, bytes]:
    """Manifest and root over the shards and every file of the release's directory that is there before the commit."""
    files = {
        f"{below(directory, root)}/{name}": file_sha256(directory / name)
        for name in files_below(directory)
        if (last := name.rpartition("/")[2]) not in _UNSIGNED and not last.startswith(".")
    }
    statement, signer = build(facts, shards, files), keys.signer()
    return {MANIFEST: sign_statement(statement, signer), ROOT: sign_statement(root_statement(statement), signer)}


def _facts(plan: Plan, version: int, lines: Sequence[Book]) -> Facts:
    recipe = plan.recipe.model_dump(mode="json", exclude={"truth": True, "sources": True, "decontaminate": {"suites"}})
    return Facts(
        corpus=plan.recipe.corpus,
        release_id=plan.release_id,
        plan=plan.core,
        delta_version=version,
        code=content_name(plan.families),
        recipe=recipe,
        snapshots={source.name: source.snapshot.name for source in plan.sources},
        releases={plan.base_release: plan.base_release} if plan.base_release else {},
        books=lines,
    )


def released(shards: Sequence[Shard]) -> list[Book]:
    """The last line of the books: the rows of each source's shards."""
    rows: Counter[str] = Counter()
    for shard in shards:
        rows[shard.source] += shard.rows
    return [Book(source, RELEASE_STAGE, "document", n, n, 0, 0) for source, n in sorted(rows.items())]


def card(context: Context, shards: Sequence[Shard], receipts: Sequence[Receipt], lines: Sequence[Book]) -> bytes:
    """README.md of the release."""
    plan = context.plan
    root = context.home.corpus(plan.recipe.corpus)
    kinds: Counter[str] = Counter()
    for receipt in receipts:
        for kind, action, count in receipt.out.get("actions", []) if receipt.stage == "protect" else []:
            kinds[kind] += count if action != "keep" else 0
    documents = [line for line in lines if line.unit == "document"]
    books = {
        "read": sum(line.came for line in documents if line.stage == "prepare"),
        "released": sum(shard.rows for shard in shards),
        "dropped": sum(line.dropped for line in documents),
        "broken": sum(line.broken for line in documents),
    }
    sources = [_card_source(plan, name, [s for s in shards if s.source == name], root) for name in _names(shards)]
    title = plan.recipe.title or plan.recipe.name
    return dataset_card(
        CardFacts(
            title,
            plan.recipe.corpus,
            plan.release_id,
            tuple(sources),
            pii_level=pii_level(plan),
            pii_counts=dict(kinds),
            books=books,
            sensitive=sensitive_totals(receipts),
        )
    ).encode()


def sensitive_totals(receipts: Sequence[Receipt]) -> dict[str, tuple[int, int]]:
    """Category to the released documents that speak of it, and to their sentences that do."""
    documents: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    for receipt in receipts:
        for category, some, many in receipt.out.get("sensitive", []) if receipt.stage == "protect" else []:
            documents[category] += some
            sentences[category] += many
    return {category: (documents[category], sentences[category]) for category in sorted(documents)}


def _names(shards: Sequence[Shard]) -> list[str]:
    return sorted({shard.source for shard in shards})


def _card_source(plan: Plan, name: str, shards: Sequence[Shard], root: Location) -> CardSource:
    source = plan.source(name)
    chars = sum(sum(pq.read_table(readable(root / s.path), columns=["chars"])["chars"].to_pylist()) for s in shards)
    files = tuple(shard.path for shard in shards)
    rows = sum(shard.rows for shard in shards)
    return CardSource(
        name, source.spec.sector, source.licence, rows, chars, files, source.terms.get("attribution") or ""
    )


def attribution(plan: Plan) -> bytes:
    """ATTRIBUTION.md: whom the terms say to name, a line a source."""
    rows: list[dict[str, Any]] = [{"name": s.name, **s.terms} for s in (*plan.sources, *plan.carried)]
    lines = [f"- {row['name']}: {row['attribution']} ({row['licence']})" for row in rows if row.get("attribution")]
    return ("# Attribution\n\n" + "\n".join(lines or ["No source asks for one."]) + "\n").encode()
