"""The plan: everything a run will do, as one frozen value whose hash names the run's results.

Workers read it from a file, so it holds no keys and no text.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.catalogue import SourceSpec
from governance.records.ids import content_name
from governance.records.settings import Frozen
from governance.records.storage import Location, write_bytes
from pipelines.recipe import Recipe


class SnapshotPlan(Frozen):
    """A listing of a source that was taken once: its zone, and what is in it."""

    name: str
    zone: str
    items: int
    bytes: int


class SourcePlan(Frozen):
    """One admitted source with the terms it is used under."""

    spec: SourceSpec
    snapshot: SnapshotPlan
    licence: str
    licence_class: str
    restrictiveness: int
    terms: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.spec.name


class Refusal(Frozen):
    """A source that was refused before a byte of it was read."""

    source: str
    policies: tuple[str, ...]
    reason: str


# The base release decides what is released and carried, and is hashed apart.
_NOT_DECIDING = {"home", "work_zone", "base_release", "batch_rows", "refused"}
_OF_THE_BASE = {"released", "carried", "stopped", "departed", "absent"}


class Plan(Frozen):
    """What a run does. `core` names the work, `release_id` the release it leads to."""

    home: Path
    work_zone: str  # restricted zone of the deduplication files
    recipe: Recipe
    as_of: date
    sources: tuple[SourcePlan, ...]
    refused: tuple[Refusal, ...] = ()
    families: dict[str, str]
    key_ids: dict[str, str]
    policies: str
    tombstones: str
    benchmarks: dict[str, str] = Field(default_factory=dict)
    lock: str
    base_release: str | None = None
    released: tuple[str, ...] = ()  # releases up to the base whose documents stay, the oldest first
    carried: tuple[SourcePlan, ...] = ()  # sources of those documents that this run does not read
    stopped: tuple[Refusal, ...] = ()  # sources whose documents stay no longer, since their terms do not allow it now
    departed: tuple[SourcePlan, ...] = ()  # those, and the ones that an earlier run stopped
    absent: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # released: sources of which it holds nothing now
    sample: int | None = None
    batch_rows: int = 1000

    @property
    def core(self) -> str:
        """Hash of all that decides the result, the base release left out."""
        return content_name(self._deciding())

    @property
    def release_id(self) -> str:
        """Name of the release: the plan on top of the release it starts from, and what of that it leaves out."""
        stopped = {"stopped": [refusal.model_dump(mode="json") for refusal in self.stopped]} if self.stopped else {}
        return content_name({"core": self.core, "base": self.base_release} | stopped)

    def source(self, name: str) -> SourcePlan:
        """The source of this name: admitted, or of the release that this run adds to."""
        return next(source for source in (*self.sources, *self.carried, *self.departed) if source.name == name)

    def _deciding(self) -> dict[str, Any]:
        whole = self.model_dump(mode="json", exclude=_NOT_DECIDING | _OF_THE_BASE)
        # Where a source's files stand on this machine does not decide what is in them: the snapshot does.
        for source in whole["sources"]:
            source["spec"].pop("path", None)
            source["snapshot"].pop("zone")
        return whole

    def save(self, path: Location) -> None:
        """Writes the plan for the workers."""
        write_bytes(path, self.model_dump_json(indent=1).encode())

    @classmethod
    def load(cls, path: Location) -> Plan:
        """Reads what `save` wrote."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))


def midnight(day: date) -> datetime:
    """The instant at which terms are judged: the start of the day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
