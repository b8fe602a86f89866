"""Admission: may a source be in the corpus on this day? Asked before a byte is read, and again before the commit."""

from __future__ import annotations

from datetime import date

from governance.gates import admit, place
from governance.policy import Policies, default_policies
from governance.records.errors import RefusedError
from governance.sharing.settings import open_store
from governance.store.sources import WHOLE_SOURCE
from governance.terms import Terms
from pipelines.home import Home
from pipelines.plan import Plan, Refusal
from pipelines.recipe import Recipe


def refusal(home: Home, recipe: Recipe, source: str, terms: Terms, as_of: date) -> Refusal | None:
    """Why a source may not be in the recipe's corpus on this day, or None when it may."""
    policies = Policies.load(default_policies())
    state = _state(home, recipe.corpus, source)
    for decision in (
        admit(policies, source, terms, as_of=as_of, purpose=recipe.purpose, state=state),
        place(policies, source, terms, region=recipe.publish.region, as_of=as_of),
    ):
        if not decision.allowed:
            reason = f"{source}: {'; '.join(decision.reasons)}"
            return Refusal(source=source, policies=decision.policies, reason=reason)
    return None


def require_admitted(plan: Plan, today: date) -> None:
    """Judges every source of a plan once more, and those that it carries over.

    Terms may have ended, or an officer stopped one, while the run worked.

    Raises:
        RefusedError: names every source that may no longer be published, and the policies.
    """
    home = Home.of(plan.home)
    found = [
        refusal(home, plan.recipe, source.name, Terms.model_validate(source.terms), max(plan.as_of, today))
        for source in (*plan.sources, *plan.carried)
    ]
    refused = [entry for entry in found if entry is not None]
    if refused:
        reasons = "; ".join(entry.reason for entry in refused)
        policies = sorted({policy for entry in refused for policy in entry.policies})
        raise RefusedError(f"nothing was published; run again without what is refused now: {reasons}", policies)


def _state(home: Home, corpus: str, source: str) -> str:
    """What officers set for a source of the corpus; a new installation has no store yet."""
    states = open_store(home.root).sources.states(corpus, source) if home.state.is_dir() else {}
    return states.get((source, WHOLE_SOURCE), "active")
