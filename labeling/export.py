"""Answers as a table that says of each where it came from: document, release, task, worker, guideline, times."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.ids import canonical_json, content_name
from governance.records.schemas import UTC
from governance.records.storage import atomic_path
from labeling.clock import SECOND
from labeling.lease import Ending
from labeling.project import Project
from labeling.store.port import Row, Session

ANSWERS_VERSION = "1.0"
_KEY = b"malmoi.answers"

# One row an answer or skip. `seconds` is from lease to answer. No column can hold text: every value is an id of ours,
# a number, or from a closed list (a label, a reason, a source, a licence, a rule).
ANSWERS = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        pa.field("release_id", pa.string(), nullable=False),  # the release whose text the worker read
        pa.field("task_id", pa.string(), nullable=False),
        pa.field("project", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),  # of the recipe, that chose the document
        pa.field("worker", pa.string(), nullable=False),  # pseudonym
        pa.field("outcome", pa.string(), nullable=False),  # answered | skipped
        pa.field("answer", pa.string()),  # a label of the guideline version, null for a skip
        pa.field("reason", pa.string()),  # of a skip
        pa.field("gold", pa.string()),  # the known answer, where there is one
        pa.field("leased_at", UTC, nullable=False),
        pa.field("answered_at", UTC, nullable=False),
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("guideline_version", pa.string(), nullable=False),
        pa.field("schema_version", pa.string(), nullable=False),
    ]
)


def answers_table(session: Session, project: Project) -> pa.Table:
    """Every answer and skip of a project, by task and worker; pulled and erased documents are left out."""
    columns: dict[str, list[object]] = {name: [] for name in ANSWERS.names}
    for row in session.stream("export_rows", project=project.name):
        for name, value in _values(row, project.name).items():
            columns[name].append(value)
    table = pa.table({f.name: pa.array(columns[f.name], f.type) for f in ANSWERS}, schema=ANSWERS)
    table = table.sort_by([("task_id", "ascending"), ("worker", "ascending")])
    return table.replace_schema_metadata({_KEY: canonical_json(_lineage(table, project))})


def _values(row: Row, project: str) -> dict[str, object]:
    return {
        "doc_id": row["doc_id"],
        "release_id": row["release_id"],
        "task_id": row["task_id"],
        "project": project,
        "source": row["source"],
        "licence": row["licence"],
        "rule": row["rule"],
        "worker": row["worker"],
        "outcome": row["state"],
        "answer": row["answer"] if row["state"] == Ending.ANSWERED else None,
        "reason": row["reason"],
        "gold": row["gold"],
        "leased_at": row["leased_at"],
        "answered_at": row["finished_at"],
        "seconds": (row["finished_at"] - row["leased_at"]) / SECOND,
        "guideline_version": row["guideline"],
        "schema_version": ANSWERS_VERSION,
    }


def _lineage(table: pa.Table, project: Project) -> dict[str, object]:
    """What the file says of itself: versions, and a name of exactly the tasks and releases it was made from."""
    distinct = {name: sorted(set(table[name].to_pylist())) for name in ("release_id", "guideline_version")}
    return {
        "schema_version": ANSWERS_VERSION,
        "project": project.name,
        "scale": project.scale.value,
        "labels": list(project.labels),
        "releases": distinct["release_id"],
        "guidelines": distinct["guideline_version"],
        "tasks": content_name(sorted(set(table["task_id"].to_pylist()))),
        "rows": table.num_rows,
    }


def write_answers(table: pa.Table, path: Path) -> None:
    """Writes the table as Parquet (zstd), whole or not at all; statistics only on ids."""
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_statistics=["doc_id", "task_id"])
