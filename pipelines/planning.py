"""Planning: every problem of a recipe collected before a byte is read, then the listing, then the plan."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from connectors.base import Item, open_connector
from connectors.catalogue import load_source
from connectors.spec import SourceSpec
from governance.erasure import Tombstones
from governance.gates import korean_day
from governance.keys import KeyStore
from governance.licences import licence_table
from governance.policy import Policies, default_policies
from governance.records.errors import ConfigError
from governance.records.settings import nearest
from governance.records.storage import write_bytes
from governance.terms import Terms, licence_class, parse_terms, restrictiveness
from pipelines.adding import adding
from pipelines.admission import refusal
from pipelines.engine import Engine
from pipelines.families import lock_hash, source_hashes
from pipelines.home import Home
from pipelines.plan import Plan, Refusal, SnapshotPlan, SourcePlan
from pipelines.recipe import Recipe, load_recipe, source_paths
from pipelines.releases import latest_release
from pipelines.stages.benchmarks import index_benchmarks, read_suites
from pipelines.stages.judge import source_bounds
from pipelines.stages.prepare import PrepareTask, prepare_tasks
from pipelines.stages.protect import pii_policy
from pipelines.stages.snapshot import Clock, load_items, take_snapshot
from pipelines.tasking import label_problems
from pipelines.zones import Zone, declare_zone, usable_zone
from transforms.dedup.presets import preset

# Keys that decide a result; their public ids are in the plan.
DECIDING_KEYS = ("doc-id", "native-id", "text-key", "tombstone")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    recipe: Path
    home: Home
    now: datetime
    overrides: Mapping[str, str]
    engine: Engine = field(default_factory=Engine)
    sample: int | None = None
    batch_rows: int = 1000


@dataclass(frozen=True)
class Planned:
    """A plan, its Prepare tasks, and what of them is done already."""

    plan: Plan
    tasks: tuple[PrepareTask, ...]
    finished: bool


def make_plan(request: Request) -> Planned:
    """Validates, lists and plans.

    Raises:
        ConfigError: every problem found, before anything was read.
    """
    recipe, admitted, refused = _validated(request)
    request.home.create()
    keys = KeyStore.open(request.home.keys, create=True)
    write_bytes(request.home.public_key, keys.public_pem)
    clock = Clock.of(request.now, recipe.zone_days)
    sources = [_source_plan(spec, terms, take_snapshot(spec, request.home, keys, clock)) for spec, terms in admitted]
    zone = usable_zone(f"corpus-{recipe.corpus}", keys)
    declare_zone(request.home, Zone(zone, source="", created=clock.today, expires=clock.expires))
    plan = Plan(
        home=request.home.root,
        work_zone=zone,
        recipe=recipe,
        as_of=recipe.as_of or korean_day(request.now),
        sources=tuple(sorted(sources, key=lambda s: s.name)),
        refused=tuple(refused),
        families=source_hashes(),
        key_ids={name: keys.key_id(name) for name in DECIDING_KEYS},
        policies=Policies.load(default_policies()).bundle_digest,
        tombstones=Tombstones.load(request.home.tombstones, keys.secret("tombstone")).version,
        benchmarks=index_benchmarks(recipe, request.recipe.parent, request.home.zone(zone)),
        lock=lock_hash(),
        sample=request.sample,
        batch_rows=request.batch_rows,
    )
    plan, finished = _on_top_of_latest(plan, request.home)
    tasks = tuple(
        task for source in plan.sources for task in prepare_tasks(plan, source, _items(source, request.home, keys))
    )
    return Planned(plan, tasks, finished)


def _items(source: SourcePlan, home: Home, keys: KeyStore) -> list[Item]:
    return load_items(source.snapshot.zone, home, keys)


def _source_plan(spec: SourceSpec, terms: Terms, snapshot: SnapshotPlan) -> SourcePlan:
    return SourcePlan(
        spec=spec,
        snapshot=snapshot,
        licence=terms.licence,
        licence_class=licence_class(terms),
        restrictiveness=restrictiveness(terms),
        terms=terms.record(),
    )


def _on_top_of_latest(plan: Plan, home: Home) -> tuple[Plan, bool]:
    """The plan with the release it starts from; the same work on top of itself is finished."""
    latest = latest_release(home, plan.recipe.corpus)
    if latest is None:
        return plan, False
    on_top = plan.model_copy(update={"base_release": latest.release_id})
    if latest.core == plan.core:
        again = adding(on_top, home)
        # The same work, but what it carried over may stay no longer.
        if not again.stopped:
            return adding(plan.model_copy(update={"base_release": latest.base}), home, latest.stopped), True
    return adding(on_top, home), False


def _validated(request: Request) -> tuple[Recipe, list[tuple[SourceSpec, Terms]], list[Refusal]]:
    problems: list[str] = list(request.engine.check())
    recipe = load_recipe(request.recipe, dict(request.overrides))
    paths, unmatched = source_paths(recipe, request.recipe)
    problems += unmatched
    admitted, refused = [], []
    for path in paths:
        spec = _collect(problems, partial(load_source, path, os.environ))
        if spec is None:
            continue
        terms = _terms(spec, request, recipe, problems)
        if isinstance(terms, Refusal):
            refused.append(terms)
        elif terms is not None:
            admitted.append((spec, terms))
    problems += _repeated([spec.name for spec, _ in admitted])
    problems += [problem for spec, _ in admitted for problem in _unreachable(spec)]
    names = [*(spec.name for spec, _ in admitted), *(refusal.source for refusal in refused)]
    problems += _incompatible(recipe, request.home, names) + _beside(recipe, request.recipe.parent)
    if not problems and not admitted:
        problems = [f"{request.recipe}: no source is left to run; refused: " + "; ".join(r.reason for r in refused)]
    if problems:
        raise ConfigError(problems)
    return recipe, admitted, refused


def _terms(spec: SourceSpec, request: Request, recipe: Recipe, problems: list[str]) -> Terms | Refusal | None:
    """The terms a source is admitted under, or why it is refused; a source that states none is refused too."""
    if not spec.terms:
        return Refusal(source=spec.name, policies=(), reason=f"{spec.name}: states no terms; a missing licence refuses")
    terms = _collect(problems, lambda: parse_terms(spec.name, spec.terms))
    if terms is None:
        return None
    as_of = recipe.as_of or korean_day(request.now)
    return refusal(request.home, recipe, spec.name, terms, as_of) or terms


def _unreachable(spec: SourceSpec) -> list[str]:
    """Why nothing can be listed of a source."""
    try:
        return open_connector(spec).check()
    except ConfigError as error:
        return list(error.problems)


def _repeated(names: Sequence[str]) -> list[str]:
    return [
        f"two sources are called {name!r}; names are unique in a recipe"
        for name in sorted({n for n in names if names.count(n) > 1})
    ]


def _incompatible(recipe: Recipe, home: Home, names: Sequence[str]) -> list[str]:
    """Problems of sections that other packages read."""
    problems: list[str] = []
    draft = Plan.model_construct(home=home.root, recipe=recipe)
    _collect(problems, lambda: preset(recipe.deduplicate.preset))
    _collect(problems, lambda: pii_policy(draft))
    # Whatever became of the sources, the bounds are read: with the overrides of those that have some, and without.
    for name in dict.fromkeys([*recipe.judge.sources, *names, recipe.name]):
        _collect(problems, partial(source_bounds, draft, name))
    unknown = sorted(set(recipe.judge.sources) - set(names))
    problems += [f"judge.sources: no source is called {name!r}" for name in unknown]
    return list(dict.fromkeys(problems))


def _beside(recipe: Recipe, base: Path) -> list[str]:
    """Problems of what is read beside the sources, some of it only after the commit."""
    problems = label_problems(recipe)
    _collect(problems, lambda: read_suites(recipe, base))
    purposes = licence_table().purposes
    if recipe.purpose not in purposes:
        problems.append(f"purpose: {recipe.purpose!r} is none{nearest(recipe.purpose, purposes)}")
    if recipe.truth is not None and not Path(os.path.expandvars(recipe.truth)).is_file():
        problems.append(f"truth: no file at {recipe.truth}; only recipes of generated samples have one")
    return problems


def _collect(problems: list[str], build: Callable[[], Result]) -> Result | None:
    try:
        return build()
    except ConfigError as error:
        problems.extend(error.problems)
        return None
