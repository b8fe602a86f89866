"""Adding: a run over a new batch alone, compared with what its corpus released, whose release holds both."""

from __future__ import annotations

from pathlib import Path

from governance.records.errors import ConfigError
from pipelines.home import Home
from pipelines.plan import Plan, SourcePlan
from pipelines.releases import documents_of, latest_release
from pipelines.stages.protect import pii_level
from pipelines.stages.released import Released


def adding(plan: Plan, home: Home) -> Plan:
    """The plan with the releases that it adds to and their sources, where the recipe asks for it and there are some.

    Raises:
        ConfigError: a release has no index, or one of another preset or level of personal data.
    """
    corpus, base = plan.recipe.corpus, plan.base_release
    if plan.recipe.deduplicate.against != "released" or base is None:
        return plan
    releases, problems = documents_of(home, corpus, base), []
    sources: dict[str, SourcePlan] = {}
    for release in releases:
        released = Released.load(home, corpus, release)
        if released is None:
            problems.append(f"{_KEY}: release {release} of {corpus} has no index; run it in full once more")
            continue
        problems += _mismatches(plan, release, released)
        sources |= {source.name: source for source in released.sources}
    if problems:
        raise ConfigError(problems)
    return plan.model_copy(update={"released": releases, "carried": _carried(plan, sources)})


_KEY = "deduplicate.against: released"


def _mismatches(plan: Plan, release: str, released: Released) -> list[str]:
    pairs = [
        ("deduplicate.preset", released.preset, plan.recipe.deduplicate.preset),
        ("the level of protect.skip", released.level, pii_level(plan)),
    ]
    return [
        f"{_KEY}: release {release} was made with another {what} ({was}, now {now}); add with the same"
        for what, was, now in pairs
        if was != now
    ]


def _carried(plan: Plan, sources: dict[str, SourcePlan]) -> tuple[SourcePlan, ...]:
    read = {source.name for source in plan.sources}
    return tuple(source for name, source in sorted(sources.items()) if name not in read)


def unused_indexes(home: Home, corpus: str) -> list[Path]:
    """Directories of a corpus's index whose documents its head does not hold."""
    latest = latest_release(home, corpus)
    used = documents_of(home, corpus, latest.release_id) if latest else ()
    return [path for path in sorted(home.index(corpus).glob("*")) if path.name not in used]
