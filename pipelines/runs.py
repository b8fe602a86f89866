"""Runs: what was run when, with what result, and how two runs differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from governance.records.errors import NotFoundError
from governance.records.settings import nearest
from pipelines.books import books
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.tasks import Receipt


def list_runs(home: Home) -> list[dict[str, Any]]:
    """Records of every run, the latest first."""
    paths = sorted(home.state.glob("runs/*/run.json"), reverse=True)
    return [json.loads(path.read_bytes()) for path in paths]


def find_run(home: Home, given: str) -> str:
    """Full id of a run named by its id, the start of its id, or `latest`.

    Raises:
        NotFoundError: no run, or more than one, has this name.
    """
    known = [record["run"] for record in list_runs(home)]
    if given == "latest" and known:
        return str(known[0])
    matches = [name for name in known if name.startswith(given)]
    if len(matches) != 1:
        raise NotFoundError(
            f"{len(matches)} runs called {given!r} in {home.root}{nearest(given, known)}; see `malmoi runs`"
        )
    return str(matches[0])


def read_receipts(directory: Path) -> list[Receipt]:
    """Receipts that a run brought home."""
    lines = (directory / "receipts").read_bytes().split(b"\n")
    return [Receipt(**json.loads(line[1:]), reused=line[:1] == b"1") for line in lines]


def latest_receipts(home: Home, core: str) -> tuple[Path, list[Receipt]]:
    """Directory and receipts of the latest run that finished the graph of this plan."""
    for record in list_runs(home):
        directory = home.run(record["run"])
        if record["plan"] == core and (directory / "receipts").exists():
            return directory, read_receipts(directory)
    raise NotFoundError(f"the plan is released, but no run of it is recorded in {home.state}")


def compare_runs(home: Home, first: str, second: str) -> list[dict[str, Any]]:
    """What differs between two runs: plan, settings, snapshots, code and counts."""
    ours, theirs = (_facts(home.run(find_run(home, name))) for name in (first, second))
    keys = sorted(set(ours) | set(theirs))
    return [
        {"what": key, "first": ours.get(key), "second": theirs.get(key)}
        for key in keys
        if ours.get(key) != theirs.get(key)
    ]


def _facts(directory: Path) -> dict[str, Any]:
    if not (directory / "plan.json").exists():
        raise NotFoundError(f"run {directory.name} never got to its plan; there is nothing to compare")
    plan = Plan.load(directory / "plan.json")
    facts: dict[str, Any] = {"plan": plan.core, "release": plan.release_id, "as_of": str(plan.as_of)}
    facts |= _flat("recipe", plan.recipe.model_dump(mode="json"))
    facts |= {f"code.{name}": digest[:12] for name, digest in plan.families.items()}
    facts |= {f"snapshot.{s.name}": s.snapshot.name[:12] for s in plan.sources}
    if (directory / "receipts").exists():
        for line in books(plan, read_receipts(directory)):
            for exit_ in ("came", "kept", "dropped", "broken"):
                facts[f"count.{line.source}.{line.stage}.{line.unit}s.{exit_}"] = getattr(line, exit_)
    return facts


def _flat(prefix: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and value:
        found: dict[str, Any] = {}
        for key, inner in value.items():
            found |= _flat(f"{prefix}.{key}", inner)
        return found
    return {prefix: value}
