"""Takes a document out of the queue: for a time (a finding, a suspension) or for good (erasure)."""

from __future__ import annotations

from labeling.store.port import Session


def pull_document(session: Session, doc_id: str, at: int) -> int:
    """Ends the leases of a document's tasks and takes the tasks out of the queue; gives how many tasks."""
    session.run("document_leases_end", doc_id=doc_id, now=at)
    pulled = session.run("document_pull", doc_id=doc_id)
    # A lease that was being written while the line before waited for its task is visible only now.
    session.run("document_leases_end", doc_id=doc_id, now=at)
    return pulled


def restore_document(session: Session, doc_id: str) -> int:
    """Puts a document's pulled tasks back among those that came back, with their answers; gives how many."""
    restored = 0
    for row in session.all("document_projects", doc_id=doc_id):
        turn = session.one("project_turn", name=row["project"])
        assert turn is not None, "a task's project is made before the task"
        restored += session.run("document_restore", doc_id=doc_id, project=row["project"], turn=turn["turns"])
    return restored


def erase_document(session: Session, doc_id: str) -> int:
    """Deletes a document's tasks, answers and findings, and remembers the tasks so that no reload brings them back."""
    tasks = [row["task_id"] for row in session.all("document_tasks", doc_id=doc_id)]
    erased = sum(_erase_task(session, task_id) for task_id in tasks)
    session.run("document_findings_delete", doc_id=doc_id)
    return erased


def _erase_task(session: Session, task_id: str) -> int:
    session.run("erased_put", task_id=task_id)
    session.run("assignments_delete", task_id=task_id)
    erased = session.run("task_delete", task_id=task_id)
    session.run("assignments_delete", task_id=task_id)  # one that was being written meanwhile is visible only now
    return erased
