"""The recipe: what a data engineer writes, read once into frozen values."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from governance.records.errors import ConfigError
from governance.records.settings import Frozen, parse
from transforms.pii.sensitive_words import Sensitive

MEBIBYTE = 1 << 20
NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"


class PrepareSettings(Frozen):
    """How items are cut into tasks. Neither setting changes which documents come out."""

    split_bytes: PositiveInt = 16 * MEBIBYTE
    max_record_bytes: PositiveInt = 64 * MEBIBYTE


class JudgeSettings(Frozen):
    """Bounds over the measured columns; `sources` replaces single bounds for one source, null turns one off."""

    bounds: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    sources: dict[str, dict[str, dict[str, Any] | None]] = Field(default_factory=dict)


class PassageSettings(Frozen):
    """Passages that come back: those of `at_least_chars` that stand in `at_least_documents` documents are cut out.

    `scope` says among which documents they are counted. `first` leaves the passage in the document that comes first in
    the survivor order, `none` in no document.
    """

    unit: Literal["line", "paragraph"]
    scope: Literal["source", "corpus"] = "source"
    at_least_chars: PositiveInt = 30
    at_least_documents: int = Field(default=3, ge=2)
    keep: Literal["first", "none"] = "first"

    @property
    def rule(self) -> str:
        """Name of the rule in the ledger."""
        return f"repeated_{self.unit}_in_{self.scope}@1"


class DeduplicateSettings(Frozen):
    """Which duplicates leave. `across_terms`: a duplicate under other terms is marked, or dropped as well.

    `left_at_least`: code points; a document of which `passages` leave less is dropped. `against: released` compares
    with what the corpus released before, and adds to it.
    """

    preset: str = "korean"
    against: Literal["sources", "released"] = "sources"
    exact: bool = True
    near: bool = True
    bound: float | None = Field(default=None, gt=0, le=1)
    across_terms: Literal["mark", "drop"] = "mark"
    chunk_bytes: PositiveInt = 32 * MEBIBYTE
    passages: list[PassageSettings] = Field(default_factory=list)
    left_at_least: NonNegativeInt = 100

    @field_validator("passages")
    @classmethod
    def _one_a_level(cls, value: list[PassageSettings]) -> list[PassageSettings]:
        rules = [settings.rule for settings in value]
        if len(set(rules)) != len(rules):
            raise ValueError("a unit and scope are listed twice; give each pair once")
        return value


class CombinationSettings(Frozen):
    """Most bits that a document's quasi-identifiers may show together, and what is done with one that shows more."""

    bound: float = Field(gt=0)
    then: Literal["generalise", "drop"] = "generalise"


class SensitiveSettings(Frozen):
    """What is done with documents that speak of something sensitive (PIPA art. 23); their sentences are always told.

    `at_most`: category to the sentences that a document may have; one with more is dropped. `{health: 0}` drops all.
    """

    at_most: dict[Sensitive, NonNegativeInt] = Field(default_factory=dict)


class ProtectSettings(Frozen):
    """What is done per kind of personal data; the rest keeps its default. `epoch` rotates the pseudonym keys.

    `skip` names kinds that are not looked for; a release without all of them is raw, and policies share it so.
    `late_unique_bound` is the share of a source's documents in which Prepare may have missed a unique identifier.
    """

    actions: dict[str, str] = Field(default_factory=dict)
    reasons: dict[str, str] = Field(default_factory=dict)
    link: Literal["document", "source"] = "document"
    at_least: int | None = Field(default=None, ge=0, le=1000)
    legal_basis: str | None = None
    epoch: str = "1"
    skip: list[str] = Field(default_factory=list)
    combination: CombinationSettings | None = None
    late_unique_bound: float = Field(default=0.01, ge=0, le=1)
    sensitive: SensitiveSettings = SensitiveSettings()


class SuiteSettings(Frozen):
    """A benchmark file; `${NAME}` in the path is replaced. `fields` names the text columns of an unknown layout."""

    path: str
    fields: list[str] = Field(default_factory=list)


class DecontaminateSettings(Frozen):
    """Benchmarks that must not be in the corpus: a document that holds `share` of an item's n-grams is dropped.

    `action: cut` takes only the lines or paragraphs out that hold it, where at least `left_at_least` code points stay.
    """

    suites: dict[str, SuiteSettings] = Field(default_factory=dict)
    share: float = Field(default=0.45, gt=0, le=1)
    action: Literal["drop", "cut"] = "drop"
    left_at_least: NonNegativeInt = 100


class PublishSettings(Frozen):
    """Where shards are cut (bytes of text), and where the store stands."""

    shard_bytes: PositiveInt = 64 * MEBIBYTE
    region: str = "KR"


class LabelSettings(Frozen):
    """One labelling project: who gets asked what about which documents."""

    project: str = Field(pattern=NAME)
    title: str = ""
    guideline: str
    labels: list[str] = Field(min_length=2)
    scale: Literal["nominal", "ordinal"] = "nominal"
    share: float | None = Field(default=None, gt=0, le=1)
    count: PositiveInt | None = None
    where: dict[str, dict[str, float]] = Field(default_factory=dict)
    uncertain: dict[str, float] = Field(default_factory=dict)
    strata: str | None = None
    overlap: PositiveInt = 1


class Recipe(Frozen):
    """One corpus: its sources and what is done to them."""

    name: str = Field(pattern=NAME)
    corpus: str = Field(pattern=NAME)
    sources: list[str] = Field(min_length=1)
    title: str = ""
    as_of: date | None = None
    purpose: str = "pretrain"
    zone_days: PositiveInt = 30
    prepare: PrepareSettings = PrepareSettings()
    judge: JudgeSettings = JudgeSettings()
    deduplicate: DeduplicateSettings = DeduplicateSettings()
    decontaminate: DecontaminateSettings = DecontaminateSettings()
    protect: ProtectSettings = ProtectSettings()
    publish: PublishSettings = PublishSettings()
    label: list[LabelSettings] = Field(default_factory=list)
    truth: str | None = None  # known ground truth of generated samples, for the report

    @field_validator("sources")
    @classmethod
    def _no_repeats(cls, value: list[str]) -> list[str]:
        if len(set(value)) != len(value):
            raise ValueError("a source is listed twice")
        return value


def load_recipe(path: Path, overrides: dict[str, str] | None = None) -> Recipe:
    """Reads a recipe; `overrides` are dotted keys with YAML values (`judge.bounds.chars.at_least: 50`).

    Raises:
        ConfigError: every problem of the file at once.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such recipe; `malmoi plan` takes the path of a YAML file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); give the path of a YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: a recipe is a mapping with name, corpus and sources")
    for key, value in (overrides or {}).items():
        _set(data, key.split("."), _value(key, value))
    return parse(Recipe, data, str(path))


def _value(key: str, given: str) -> Any:
    try:
        return yaml.safe_load(given)
    except yaml.YAMLError:
        raise ConfigError(f"--set {key}: {given!r} is no YAML value; quote brackets, braces and colons") from None


def _set(data: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            raise ConfigError(f"--set {'.'.join(path)}: {part!r} is not a section")
    data[path[-1]] = value


def source_paths(recipe: Recipe, recipe_path: Path) -> tuple[list[Path], list[str]]:
    """Source files of a recipe, and a problem for each pattern that matches nothing.

    Patterns are paths or globs relative to the recipe's directory; the files come sorted, without repeats.
    """
    found: list[Path] = []
    problems: list[str] = []
    for pattern in recipe.sources:
        base, rest = _anchor(recipe_path.parent, pattern)
        matches = sorted(base.glob(rest))
        found += matches
        if not matches:
            problems.append(f"{recipe_path}: sources: nothing matches {pattern!r}")
    return list(dict.fromkeys(path.resolve() for path in found)), problems


def _anchor(base: Path, pattern: str) -> tuple[Path, str]:
    path = Path(pattern)
    return (Path(path.anchor), str(path.relative_to(path.anchor))) if path.is_absolute() else (base, pattern)
