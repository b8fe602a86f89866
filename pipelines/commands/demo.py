"""`malmoi demo`: sample corpora with known truth, the main job over them, and where to look next."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import samples
from pipelines.commands.output import JsonOption, console, emit
from pipelines.families import ROOT
from pipelines.home import Home
from pipelines.planning import Request
from samples.generate import SMALLEST_SCALE

RECIPE = ROOT / "configs" / "recipes" / "demo.yaml"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("demo")(demo)


def demo(
    directory: Annotated[Path, typer.Argument(help="Where the samples and the installation go.")] = Path(".demo"),
    seed: Annotated[int, typer.Option(help="Seed of the generated corpora.")] = 7,
    scale: Annotated[
        float, typer.Option(min=SMALLEST_SCALE, help="Size of the generated corpora, 1 is about 4,000 documents.")
    ] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Generate sample corpora, run the main job over them, and say where everything is."""
    from pipelines.job import run_job

    corpora = directory.absolute() / "samples"
    home = Home.of(directory.absolute() / "home")
    if not as_json:
        console.print(f"generating sample corpora in {corpora}", highlight=False, soft_wrap=True)
    if not corpora.exists():
        _generate(corpora, seed, scale)
    os.environ["MALMOI_SAMPLES"] = str(corpora)
    result = run_job(Request(RECIPE, home, datetime.now(UTC), {}), console, quiet=as_json)
    if as_json:
        emit(result)
        return
    kept = sum(line["kept"] for line in result["books"] if line["stage"] == "protect")
    read = sum(line["came"] for line in result["books"] if line["stage"] == "prepare" and line["unit"] == "document")
    console.print(
        f"{read:,} documents read, {kept:,} released; {len(result['refused'])} sources refused by their terms"
    )
    console.print(f"report:  {result['report']}", highlight=False, soft_wrap=True)
    console.print("next:", style="bold")
    for command in result["next"]:
        console.print(f"  {command}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"release: {result['release']}", highlight=False, soft_wrap=True)


def _generate(corpora: Path, seed: int, scale: float) -> None:
    """The corpora appear whole: those of a demo that was stopped half way are made anew."""
    partial = corpora.with_name("samples.partial")
    shutil.rmtree(partial, ignore_errors=True)
    samples.generate(partial, seed=seed, scale=scale)
    partial.rename(corpora)
