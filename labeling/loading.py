"""Brings tasks into the queue, again and again without harm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from governance.records.errors import ConfigError
from labeling.project import Project
from labeling.rows import task_row
from labeling.store.port import Session
from labeling.task import Task


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did. `unchanged` tasks were there already; `moved` ones now point at another row or rule;
    `erased` ones stay away."""

    added: int
    moved: int
    unchanged: int
    erased: int


def load_tasks(session: Session, tasks: Mapping[str, Task], projects: Mapping[str, Project]) -> LoadReport:
    """Adds tasks, by their ids; those already known keep their answers and only learn where their document is now.

    Raises:
        ConfigError: a gold answer is not one of the project's labels.
    """
    _require_known_gold(tasks.values(), projects)
    for name in projects:
        session.run("places_hold", project=name)
    before = _count(session, projects)
    erased = sum(session.one("erased_among", task_id=key) is not None for key in tasks)
    changed = session.many("task_put", [task_row(tasks[key]) for key in sorted(tasks)])
    added = _count(session, projects) - before
    if changed:
        # What is new or moved may lie before the place that a worker has come to.
        for name in projects:
            session.run("places_forget", project=name)
    return LoadReport(added, changed - added, len(tasks) - erased - changed, erased)


def _count(session: Session, projects: Iterable[str]) -> int:
    counts = (session.one("task_count", project=name) for name in projects)
    return sum(row["tasks"] for row in counts if row)


def _require_known_gold(tasks: Iterable[Task], projects: Mapping[str, Project]) -> None:
    wrong = [t.task_id for t in tasks if t.gold is not None and t.gold not in projects[t.project].labels]
    if wrong:
        raise ConfigError([f"task {key}: its gold answer is not a label of the project" for key in wrong[:20]])
