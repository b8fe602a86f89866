"""Benchmarks: the suites of a recipe become one index of n-grams, kept beside the other restricted files."""

from __future__ import annotations

import os
from pathlib import Path
from string import Template

from governance.records.errors import ConfigError
from governance.records.storage import Location, write_bytes
from pipelines.recipe import Recipe, SuiteSettings
from transforms.decontaminate.index import index
from transforms.decontaminate.items import Items, read_items


def index_benchmarks(recipe: Recipe, base: Path, zone: Location) -> dict[str, str]:
    """Indexes the suites and returns their digest for the plan; empty when the recipe names none.

    Raises:
        ConfigError: every suite that cannot be read.
    """
    items = read_suites(recipe, base)
    if not items:
        return {}
    built = index(items, share=recipe.decontaminate.share)
    path = zone / "benchmarks" / f"{built.digest}.index"
    if not path.exists():
        write_bytes(path, built.to_bytes(), mode=0o600)
    return {"digest": built.digest}


def read_suites(recipe: Recipe, base: Path) -> list[Items]:
    """Items of every suite, by name.

    Raises:
        ConfigError: every suite that cannot be read.
    """
    items: list[Items] = []
    problems: list[str] = []
    for name, suite in sorted(recipe.decontaminate.suites.items()):
        try:
            items.append(_items(name, suite, base))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return items


def _items(name: str, suite: SuiteSettings, base: Path) -> Items:
    path = base / Template(suite.path).safe_substitute(os.environ)
    if not path.is_file():
        raise ConfigError(f"decontaminate.suites.{name}: {path} is no file")
    return read_items(name, path.read_bytes(), path.suffix.removeprefix("."), suite.fields)
