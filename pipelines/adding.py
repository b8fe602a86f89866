"""Adding: a run over a new batch alone, compared with what its corpus released, whose release holds both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from governance.records.errors import ConfigError
from governance.records.storage import Location, matching
from governance.terms import Terms
from pipelines.admission import refusal
from pipelines.home import Home
from pipelines.plan import Plan, Refusal, SourcePlan
from pipelines.releases import documents_of, latest_release
from pipelines.stages.elect import ESTIMATED_RULE
from pipelines.stages.passages import REPEATS
from pipelines.stages.protect import pii_level
from pipelines.stages.released import Released
from pipelines.tasks import Receipt


def adding(plan: Plan, home: Home, stopped: Sequence[Mapping[str, Any]] | None = None) -> Plan:
    """The plan with the releases that it adds to and their sources, where the recipe asks for it and there are some.

    A source that the batch does not hold is judged again, on the terms it was released under: where they do not allow
    it now, or where the batch states terms that are refused, nothing of it is carried over.

    Args:
        plan: with the release that it starts from.
        home: where that release is.
        stopped: what the run decided, where it is done: officers may have decided otherwise since.

    Raises:
        ConfigError: a release has no index, or one of another preset or level of personal data.
    """
    corpus, base = plan.recipe.corpus, plan.base_release
    if plan.recipe.deduplicate.against != "released" or base is None:
        return plan
    releases, problems = documents_of(home, corpus, base), list[str]()
    sources: dict[str, SourcePlan] = {}
    held: set[str] = set()
    for release, absent in releases.items():
        released = Released.load(home, corpus, release)
        if released is None:
            problems.append(f"{_KEY}: release {release} of {corpus} has no index; run it in full once more")
            continue
        problems += _mismatches(plan, release, released)
        sources |= {source.name: source for source in released.sources}
        held |= {file.source for file in released.files} - set(absent)
    if problems:
        raise ConfigError(problems)
    carried = _carried(plan, {name: sources[name] for name in held})
    now = _stopped(plan, home, carried) if stopped is None else [Refusal.model_validate(entry) for entry in stopped]
    out = {refusal.source for refusal in now}
    stays = [source for source in carried if source.name not in out]
    gone = [source for source in _carried(plan, sources) if source not in stays]
    absences = {release: tuple(sorted({*absent, *out})) for release, absent in releases.items()}
    changes = {"released": tuple(releases), "carried": tuple(stays), "stopped": tuple(now)}
    return plan.model_copy(update=changes | {"departed": tuple(gone), "absent": absences})


def _stopped(plan: Plan, home: Home, carried: Iterable[SourcePlan]) -> list[Refusal]:
    """Why sources that were released may not stay."""
    refused = {entry.source: entry for entry in plan.refused}
    found = (
        refused.get(source.name)
        or refusal(home, plan.recipe, source.name, Terms.model_validate(source.terms), plan.as_of)
        for source in carried
    )
    return [entry for entry in found if entry is not None]


_KEY = "deduplicate.against: released"


def _mismatches(plan: Plan, release: str, released: Released) -> list[str]:
    pairs = [
        ("deduplicate.preset", released.preset, plan.recipe.deduplicate.preset),
        ("the level of personal data", released.level, pii_level(plan)),
    ]
    return [
        f"{_KEY}: release {release} was made with {what} {was}, this run has {now}; add with the same"
        for what, was, now in pairs
        if was != now
    ]


def _carried(plan: Plan, sources: dict[str, SourcePlan]) -> tuple[SourcePlan, ...]:
    read = {source.name for source in plan.sources}
    return tuple(source for name, source in sorted(sources.items()) if name not in read)


def met(plan: Plan, home: Home, receipts: Sequence[Receipt]) -> dict[str, Any]:
    """What a run that adds to a release met of it; empty for one that replaces it.

    `documents` are in the index, `candidates` of them share a key with a new document, `rows_read` stood in the row
    groups that were read for their texts, and `estimated` is how many new documents were judged by signatures.
    `passages`, where the recipe counts them: how many are `held`, how often one of the batch's was `met`, and the
    releases whose index does not hold what the recipe counts, which were counted `apart`, that is not at all.
    """
    if not plan.released:
        return {}
    found = [Released.load(home, plan.recipe.corpus, release) for release in plan.released]
    documents = sum(released.documents for released in found if released is not None)
    extracts = [receipt.out["released"] for receipt in receipts if "released" in receipt.out]
    asked, read = (sum(pair[side] for pair in extracts) for side in (0, 1))
    rules = [rule for receipt in receipts if receipt.stage == "deduplicate" for rule in receipt.out["rules"]]
    estimated = sum(count for _, rule, _, count in rules if rule == ESTIMATED_RULE)
    figures: dict[str, Any] = {"documents": documents, "candidates": asked, "rows_read": read, "estimated": estimated}
    figures["share"] = round(asked / documents, 6) if documents else 0.0
    levels = plan.recipe.deduplicate.passages
    if levels:
        repeats = [receipt.out["met"] for receipt in receipts if receipt.stage == REPEATS]
        held = sum(released.held for released in found if released is not None)
        figures["passages"] = {"held": held, "met": sum(repeats), "apart": counted_apart(plan, home)}
    return figures


def counted_apart(plan: Plan, home: Home) -> list[str]:
    """Releases that a run adds to, and whose passages it cannot count: their index does not hold some that it counts.

    They were made before indexes held passages, or with a recipe that counted none of the unit, or longer ones only.
    """
    levels = plan.recipe.deduplicate.passages
    found = {release: Released.load(home, plan.recipe.corpus, release) for release in plan.released}
    return [
        release
        for release, known in found.items()
        if known is not None and not all(known.holds(n.unit, n.at_least_chars) for n in levels)
    ]


def unused_indexes(home: Home, corpus: str) -> list[Location]:
    """Directories of a corpus's index whose documents its head does not hold."""
    latest = latest_release(home, corpus)
    used = documents_of(home, corpus, latest.release_id) if latest else {}
    return [path for path in matching(home.index(corpus), "*") if path.name not in used]
