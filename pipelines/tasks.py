"""A task turns files into files; its receipt, written last, is what makes a rerun skip it."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from governance.keys import KeyStore, key_directory
from governance.records.storage import Location, write_bytes
from governance.restricted import read_restricted, restricted_file, write_restricted
from pipelines.home import Home
from pipelines.plan import Plan, SourcePlan

Span = tuple[int, int]


@dataclass(frozen=True)
class Receipt:
    """What one task left: where, how much, how it balances, and what it cost.

    `books` are counts by exit; `out` is whatever the next stage needs to know. The cost never decides anything.
    """

    stage: str
    name: str
    source: str
    books: dict[str, int]
    out: dict[str, Any] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    reused: bool = False

    def to_bytes(self) -> bytes:
        """JSON of everything but `reused`."""
        return json.dumps(
            {k: getattr(self, k) for k in ("stage", "name", "source", "books", "out", "cost")}, sort_keys=True
        ).encode()

    @classmethod
    def read(cls, path: Location) -> Receipt:
        """The receipt at `path`, marked as reused."""
        return cls(**json.loads(path.read_bytes()), reused=True)


class Context:
    """What a worker holds while it runs tasks: the plan, the home and the keys."""

    def __init__(self, plan: Plan, home: Home | None = None) -> None:
        """On a worker, which may see nothing of the home but its store, the launcher says what the home is."""
        self.plan = plan
        self.home = home or Home.of(plan.home)
        self.keys = KeyStore.open(key_directory(self.home.keys))

    def source(self, name: str) -> SourcePlan:
        """The admitted source of this name."""
        return self.plan.source(name)

    def path(self, zone: str, stage: str, name: str, suffix: str = ".parquet") -> Location:
        """File of a task in a restricted zone."""
        return self.home.zone(zone) / stage / f"{name}{suffix}"

    def write(self, zone: str, path: Location, table: pa.Table) -> None:
        """Writes an encrypted table under the zone's key."""
        batches = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
        self.stream(zone, path, batches, table.schema)

    def stream(self, zone: str, path: Location, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
        """Writes an encrypted file from batches as they come; returns the rows."""
        key = f"zone/{zone}"
        return write_restricted(path, batches, self.keys.secret(key), self.keys.key_id(key), schema)

    def read(self, zone: str, path: Location, columns: list[str] | None = None) -> pa.Table:
        """Reads an encrypted table."""
        return read_restricted(path, self.keys.secret(f"zone/{zone}"), columns=columns)

    def groups(
        self, zone: str, path: Location, rows: Span, columns: list[str] | None = None
    ) -> Iterator[tuple[int, pa.Table]]:
        """Row groups that hold any of the rows [start, stop), one at a time, each with the number of its first row."""
        start, stop = rows
        with restricted_file(path, self.keys.secret(f"zone/{zone}")) as file:
            first = 0
            for group in range(file.metadata.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                if first < stop and first + count > start:
                    yield first, file.read_row_group(group, columns=columns)
                first += count

    def rows(self, zone: str, path: Location, rows: Span, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Exactly the rows [start, stop), a row group at a time."""
        for first, group in self.groups(zone, path, rows, columns):
            low, high = max(rows[0] - first, 0), min(rows[1] - first, group.num_rows)
            yield group.slice(low, high - low)

    def take(self, zone: str, path: Location, rows: np.ndarray, columns: list[str]) -> tuple[pa.Table, int]:
        """Rows of an encrypted table (int64, ascending), and how many were read: those of their row groups."""
        parts, first, read = [], 0, 0
        with restricted_file(path, self.keys.secret(f"zone/{zone}")) as file:
            for group in range(file.metadata.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                low, high = np.searchsorted(rows, [first, first + count])
                if low < high:
                    parts.append(file.read_row_group(group, columns=columns).take(pa.array(rows[low:high] - first)))
                    read += count
                first += count
            none = file.schema_arrow.empty_table().select(columns)
        return pa.concat_tables([none, *parts]), read


class Task(Protocol):
    """A frozen value naming its inputs; `name` is a hash of them and of the part of the plan that it obeys."""

    @property
    def stage(self) -> str:
        """Stage, for the books and the report."""
        ...

    @property
    def name(self) -> str:
        """Content name."""
        ...

    @property
    def zone(self) -> str:
        """Restricted zone where the receipt lies."""
        ...

    @property
    def weight(self) -> int:
        """Bytes of work, so that the largest starts first."""
        ...

    def run(self, context: Context) -> Receipt:
        """Does the work and says what came of it."""
        ...


def receipt_path(task: Task, home: Home) -> Location:
    """Where a task's receipt lies."""
    return home.zone(task.zone) / task.stage / f"{task.name}.json"


def execute(task: Task, context: Context) -> Receipt:
    """Runs a task unless its receipt is there already; the receipt is written last."""
    path = receipt_path(task, context.home)
    with suppress(FileNotFoundError):
        return Receipt.read(path)
    wall, cpu = time.monotonic(), time.process_time()
    receipt = task.run(context)
    receipt.cost.update(
        seconds=round(time.monotonic() - wall, 4),
        cpu_s=round(time.process_time() - cpu, 4),
        peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )
    write_bytes(path, receipt.to_bytes())
    return receipt
