"""A task: a pointer to one row of one shard that a person is to look at. It never holds text."""

from __future__ import annotations

from dataclasses import dataclass

from governance.records.errors import ConfigError
from governance.records.ids import content_name


def task_id(project: str, doc_id: str) -> str:
    """26-character name of the task that asks a project's question about a document."""
    return content_name([project, doc_id])


@dataclass(frozen=True, slots=True)
class Task:
    """One question about one document.

    Attributes:
        task_id: `task_id(project, doc_id)`; the same document in a later release is the same task.
        shard: path of the shard inside the corpus.
        row: row of the shard, from 0.
        rule: name of the recipe's rule that chose the document.
        priority: higher is handed out earlier.
        overlap: how many different workers answer it, at least 1.
        gold: the known answer, or None. A worker is never shown it.
    """

    task_id: str
    project: str
    release_id: str
    doc_id: str
    shard: str
    row: int
    source: str
    licence: str
    rule: str = ""
    priority: int = 0
    overlap: int = 1
    gold: str | None = None

    def __post_init__(self) -> None:
        """Refuses a task whose id is not that of its project and document, or whose numbers make no sense."""
        if self.task_id != task_id(self.project, self.doc_id):
            raise ConfigError(f"task {self.task_id}: not the id of document {self.doc_id} in {self.project!r}")
        if self.overlap < 1 or self.row < 0:
            raise ConfigError(f"task {self.task_id}: overlap is at least 1 and row at least 0")
