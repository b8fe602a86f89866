"""Malmoi's contender: one run of the recipe into a new installation, from when everything is loaded and compiled."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import yaml
from rich.console import Console

from pipelines.costs import stage_costs
from pipelines.engine import Engine
from pipelines.families import ROOT
from pipelines.forking import ForkServer
from pipelines.home import Home
from pipelines.job import run_job
from pipelines.planning import Request
from pipelines.runs import read_receipts


def main() -> None:
    """`python -m benchmarks.speed.end_to_end.ours [--skip KIND] SOURCE TARGET WORKERS`; SOURCE has Parquet files."""
    skipped, (given, out, count) = sys.argv[2:-3], sys.argv[-3:]
    source, target, workers = Path(given), Path(out), int(count)
    recipe = _recipe(source, target, skipped)
    home = Home.of(target / "home")
    with ForkServer(workers) as forks:
        import pipelines.launch  # noqa: F401 (Beam; both load at once, as in `malmoi run`)

        forks.wait()
        loaded = time.time() - psutil.Process().create_time()
        wall, cpu = time.perf_counter(), time.process_time()
        request = Request(recipe, home, datetime.now(UTC), {}, Engine("processes", workers))
        result = run_job(request, Console(quiet=True), quiet=True, forks=forks)
        seconds = time.perf_counter() - wall
    receipts = read_receipts(home.run(result["run"]))
    kept = sum(line["kept"] for line in result["books"] if line["stage"] == "protect")
    documents = sum(
        line["came"] for line in result["books"] if line["stage"] == "prepare" and line["unit"] == "document"
    )
    costs = stage_costs(receipts)
    measured = {
        "wall_s": seconds,
        "load_s": loaded,
        "launcher_cpu_s": time.process_time() - cpu,
        "documents": documents,
        "kept": kept,
        "text_mb": sum(c["mb"] for c in costs if c["stage"] == "prepare"),
        "stages": costs,
    }
    print("MEASURED " + json.dumps(measured))


def _recipe(source: Path, target: Path, skipped: list[str]) -> Path:
    """The scale recipe over the files of `source`."""
    target.mkdir(parents=True, exist_ok=True)
    spec = yaml.safe_load((ROOT / "configs/sources/shared/scale.yaml").read_text(encoding="utf-8"))
    (target / "source.yaml").write_text(
        yaml.safe_dump({**spec, "path": str(source)}, allow_unicode=True), encoding="utf-8"
    )
    recipe = yaml.safe_load((ROOT / "configs/recipes/scale.yaml").read_text(encoding="utf-8"))
    recipe["sources"] = ["source.yaml"]
    recipe["protect"] = {"skip": skipped}
    (target / "recipe.yaml").write_text(yaml.safe_dump(recipe, allow_unicode=True), encoding="utf-8")
    return target / "recipe.yaml"


if __name__ == "__main__":
    main()
