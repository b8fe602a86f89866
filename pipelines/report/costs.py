"""Time, throughput and memory of each stage; size of what was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.report.figures import rate
from pipelines.report.words import STAGES, Name, named


@dataclass(frozen=True)
class StageCost:
    """One stage; `seconds` is work summed over the workers."""

    name: Name
    seconds: float
    cpu_s: float
    documents: int
    mb: float
    peak_rss_mb: float

    @property
    def mb_per_s(self) -> str:
        """MB of text a second of work."""
        return rate(self.mb, self.seconds) if self.mb else "–"

    @property
    def documents_per_s(self) -> str:
        """Documents a second of work."""
        return rate(self.documents, self.seconds) if self.documents else "–"


@dataclass(frozen=True)
class ShardGroup:
    """Shards of one source under one licence class."""

    source: str
    licence: str
    shards: int
    rows: int
    bytes: int


def stage_costs(stages: Iterable[Mapping[str, Any]]) -> list[StageCost]:
    """Reads `stages` of the report's data, in order."""
    keys = ("seconds", "cpu_s", "documents", "mb", "peak_rss_mb")
    return [StageCost(named(STAGES, stage["stage"]), *(stage[key] for key in keys)) for stage in stages]


def shard_groups(shards: Iterable[Mapping[str, Any]]) -> list[ShardGroup]:
    """Shards by licence class and source, the class with the most documents first."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for shard in shards:
        found[shard["licence"], shard["source"]].append(shard)
    rows_of_class: dict[str, int] = defaultdict(int)
    for (licence, _), members in found.items():
        rows_of_class[licence] += sum(shard["rows"] for shard in members)
    groups = [_group(source, licence, members) for (licence, source), members in found.items()]
    return sorted(groups, key=lambda g: (-rows_of_class[g.licence], g.licence, -g.rows, g.source))


def _group(source: str, licence: str, shards: Sequence[Mapping[str, Any]]) -> ShardGroup:
    return ShardGroup(source, licence, len(shards), sum(s["rows"] for s in shards), sum(s["bytes"] for s in shards))
