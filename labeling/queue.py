"""The queue: tasks go out on leases, answers come back, nothing twice.

What holds, whatever happens to workers, windows and clocks (tests/labeling/test_stress.py):

- a worker answers a task at most once, and a task is out with at most `overlap` workers, answers included;
- a worker holds one task of a project at a time: asking again gives the same lease, so two windows are one worker;
- an expired lease comes back to the queue; what its holder sends afterwards is refused by its fencing token;
- a task that a worker let go comes back to the same worker only when nothing else is left for them.

Every method takes the time from its caller. Text is nowhere: answers, reasons and kinds come from closed lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.records.errors import NotFoundError
from governance.records.ids import canonical_json
from labeling.accept import AcceptReport, Given, accept_one
from labeling.clock import SECOND, micros, moment
from labeling.errors import AnswerError, LabelingError, PulledError, TakenError
from labeling.export import answers_table, write_answers
from labeling.handout import FREES_PLACE, give_back, next_task, open_place, reclaim_expired
from labeling.lease import Ending, Finding, Hold, Lease, PersonalData, SkipReason, Turn
from labeling.loading import LoadReport, load_tasks
from labeling.progress import Progress, Score, WorkerProgress, gold_scores, project_progress, worker_progress
from labeling.project import Project
from labeling.refusal import why_refused
from labeling.removal import erase_document, pull_document, restore_document
from labeling.rows import finding_of, finding_row, lease_of, task_of, turn_of
from labeling.store.port import Row, Session, Store
from labeling.task import Task

LEASE_S = 1800
HOLD_S = 4 * 3600  # longest time one may hold a task by heartbeats alone


class Queue:
    """Tasks of all projects in one store.

    Args:
        store: where they are kept.
        on_finding: told of each report of personal information after it is safely recorded, so that the shard can be
            quarantined. When it raises, the report stays undelivered and `deliver_findings` tells it again.
    """

    def __init__(self, store: Store, *, on_finding: Callable[[Finding], None] | None = None) -> None:
        self.store = store
        self._on_finding = on_finding
        self._projects: dict[tuple[str, str], Project] = {}

    # Projects and tasks

    def define(self, project: Project, *, now: datetime) -> None:
        """Makes a project, or gives it a new guideline; earlier ones are kept for the answers given under them."""
        body = canonical_json(project.to_data()).decode()
        with self.store.write() as session:
            session.run("project_put", name=project.name, version=project.version)
            session.run("guideline_put", project=project.name, version=project.version, body=body, now=micros(now))

    def project(self, name: str) -> Project:
        """A project with its newest guideline.

        Raises:
            NotFoundError: there is none of that name.
        """
        with self.store.read() as session:
            return self._project(session, name, self._version(session, name))

    def projects(self) -> list[Project]:
        """All projects, by name."""
        with self.store.read() as session:
            return [self._project(session, row["name"], row["version"]) for row in session.all("project_names")]

    def load(self, tasks: Iterable[Task]) -> LoadReport:
        """Adds tasks; those already known keep their answers and only learn where their document is now.

        Raises:
            NotFoundError: a task's project was never defined.
            ConfigError: a gold answer is not one of the project's labels.
        """
        rows = {task.task_id: task for task in tasks}
        with self.store.write() as session:
            names = sorted({task.project for task in rows.values()})
            projects = {name: self._project(session, name, self._version(session, name)) for name in names}
            return load_tasks(session, rows, projects)

    # What a worker does

    def lease(self, worker: str, project: str, *, now: datetime, lease_s: int = LEASE_S) -> Lease | None:
        """The task this worker holds, else the next one; None when the project has nothing for them.

        Raises:
            NotFoundError: there is no such project.
        """
        at = micros(now)
        with self.store.write() as session:
            version = self._version(session, project)
            place = open_place(session, worker, project)
            reclaim_expired(session, project, at)
            if held := session.one("lease_live", worker=worker, project=project):
                return lease_of(held, worker)
            found = next_task(session, worker, project, place, skips_locked=self.store.skips_locked)
            return self._hand_out(session, found, worker, (version, at, lease_s)) if found else None

    def heartbeat(self, hold: Hold, *, now: datetime, lease_s: int = LEASE_S) -> datetime:
        """Keeps a lease alive for another `lease_s`, at most `HOLD_S` from when it began; gives its new end.

        Raises:
            StaleLeaseError: it ran out, or the task was leased again since.
        """
        at = micros(now)
        with self.store.write() as session:
            extended = session.one(
                "assignment_extend", **_key(hold), now=at, expires_at=at + lease_s * SECOND, hold=HOLD_S * SECOND
            )
            if extended is None:
                raise why_refused(session, hold, at)
            return moment(extended["expires_at"])

    def submit(self, hold: Hold, answer: str, *, now: datetime) -> None:
        """Records an answer. Sending the same one again under the same lease changes nothing.

        Raises:
            AnswerError: not a label of the guideline that the worker was shown.
            AnsweredError: another answer was given already; `undo` takes it back.
            StaleLeaseError: the lease ran out, or the task was leased again since.
            PulledError: the task was taken out of the queue meanwhile.
        """
        at = micros(now)
        with self.store.write() as session:
            given = session.one("assignment_get", task_id=hold.task_id, worker=hold.worker)
            if given is None:
                raise why_refused(session, hold, at)
            self._require_label(session, given, answer)
            if _same_answer(given, hold, answer):
                return
            self._end(session, hold, at, (Ending.ANSWERED, answer, None))
            if not session.run("place_fill", task_id=hold.task_id):
                raise PulledError(f"task {hold.task_id} was taken out of the queue; take the next one")

    def release(self, hold: Hold, *, now: datetime) -> None:
        """Gives a task back unanswered.

        Raises:
            StaleLeaseError: the lease ran out, or the task was leased again since.
        """
        self._let_go(hold, now, Ending.RELEASED, None)

    def skip(self, hold: Hold, reason: SkipReason, *, now: datetime) -> None:
        """Passes a task on to others, with a reason; this worker does not get it again unless they undo.

        Raises:
            StaleLeaseError: the lease ran out, or the task was leased again since.
        """
        self._let_go(hold, now, Ending.SKIPPED, reason.value)

    def refuse(self, hold: Hold, policies: Sequence[str], *, now: datetime) -> None:
        """Takes a task from a worker whom policy does not let read it; others may. `reconsider` lifts it."""
        self._let_go(hold, now, Ending.REFUSED, ",".join(policies))

    def reconsider(self, worker: str) -> int:
        """Lets a worker be offered again what policy refused them, after grants changed; gives how many tasks."""
        with self.store.write() as session:
            return session.run("refusals_forget", worker=worker)

    def undo(self, worker: str, project: str, *, now: datetime, lease_s: int = LEASE_S) -> Lease:
        """Takes back a worker's last answer or skip and hands them that task again; what they hold goes back first.

        Raises:
            NotFoundError: there is nothing to take back.
            TakenError: others filled the skipped task meanwhile.
            PulledError: the task was taken out of the queue meanwhile.
        """
        at = micros(now)
        with self.store.write() as session:
            version = self._version(session, project)
            open_place(session, worker, project)
            reclaim_expired(session, project, at)
            last = session.one("assignment_last", worker=worker, project=project)
            if last is None:
                raise NotFoundError(f"nothing of {worker} to take back in {project!r}")
            if held := session.one("lease_live", worker=worker, project=project):
                self._end(session, Hold(held["task_id"], worker, held["held"]), at, (Ending.RELEASED, None, None))
                give_back(session, project, held["task_id"])
            return self._hand_out(session, _reopen(session, last), worker, (version, at, lease_s))

    def accept(self, given: Iterable[Given]) -> AcceptReport:
        """Takes in answers and skips given elsewhere, under the same rules: one a worker, overlap counted."""
        added, known, refused = 0, 0, []
        with self.store.write() as session:
            for one in given:
                try:
                    new = self._accept(session, one)
                except LabelingError as error:
                    refused.append((one.task_id, error.code))
                else:
                    added, known = added + new, known + (not new)
        return AcceptReport(added, known, tuple(refused))

    def _accept(self, session: Session, given: Given) -> bool:
        task = session.one("task_get", task_id=given.task_id)
        if task is None:
            raise AnswerError(f"there is no task {given.task_id}")
        version = given.guideline_version or self._version(session, task["project"])
        project = self._project(session, task["project"], version)
        if given.answer is not None and given.answer not in project.labels:
            raise AnswerError(f"task {given.task_id}: the answer is not a label of guideline {version}")
        return accept_one(session, task, given, version)

    # Personal information, suspension, erasure

    def pii_found(self, hold: Hold, kind: PersonalData, *, now: datetime) -> Finding:
        """Pulls the document's tasks out of every project and reports the document (PIPA Act 28-5).

        The lease may have run out: what was seen was seen. Reporting the same task again only tries to deliver the
        report again.

        Raises:
            NotFoundError: the task was never handed to this worker.
        """
        at = micros(now)
        with self.store.write() as session:
            if session.one("assignment_get", task_id=hold.task_id, worker=hold.worker) is None:
                raise why_refused(session, hold, at)
            task = session.one("task_get", task_id=hold.task_id)
            assert task is not None
            pull_document(session, task["doc_id"], at)
            session.run("finding_put", **finding_row(task, hold.worker, kind), now=at)
            row = session.one("finding_get", task_id=hold.task_id, worker=hold.worker)
        self.deliver_findings()
        assert row is not None
        return finding_of(row)

    def deliver_findings(self) -> int:
        """Tells `on_finding` of every report it has not been told of; gives how many. Without one they wait."""
        if self._on_finding is None:
            return 0
        with self.store.read() as session:
            waiting = session.all("findings_undelivered")
        for row in waiting:
            self._on_finding(finding_of(row))
            with self.store.write() as session:
                session.run("finding_delivered", task_id=row["task_id"], worker=row["worker"])
        return len(waiting)

    def pull(self, doc_ids: Iterable[str], *, now: datetime) -> int:
        """Takes documents out of the queue, live leases included (a source was suspended); gives how many tasks."""
        at = micros(now)
        with self.store.write() as session:
            return sum(pull_document(session, doc_id, at) for doc_id in sorted(doc_ids))

    def restore(self, doc_ids: Iterable[str]) -> int:
        """Puts pulled documents back, with the answers they had; gives how many tasks."""
        with self.store.write() as session:
            return sum(restore_document(session, doc_id) for doc_id in sorted(doc_ids))

    def purge(self, doc_ids: Iterable[str]) -> int:
        """Erases documents: their tasks, answers and findings leave the file, and a reload does not bring them back."""
        with self.store.write() as session:
            purged = sum(erase_document(session, doc_id) for doc_id in sorted(doc_ids))
        self.store.shred()
        return purged

    # What comes out

    def progress(self, project: str, *, now: datetime, since: datetime | None = None) -> Progress:
        """How far a project is; workers' `recent` answers are those since `since`, or all."""
        with self.store.read() as session:
            self._version(session, project)
            return project_progress(session, project, now, since or moment(0))

    def worker_progress(self, worker: str, project: str, *, since: datetime) -> WorkerProgress:
        """What one worker did in a project."""
        with self.store.read() as session:
            return worker_progress(session, worker, project, since)

    def scores(self, project: str) -> list[Score]:
        """How each worker did on the gold tasks of a project, by worker."""
        with self.store.read() as session:
            self._version(session, project)
            return gold_scores(session, project)

    def export(self, project: str) -> pa.Table:
        """Every answer and skip with its lineage, by task and worker (`labeling.export.ANSWERS`)."""
        with self.store.read() as session:
            version = self._version(session, project)
            return answers_table(session, self._project(session, project, version))

    def trace(self, doc_id: str) -> list[Turn]:
        """Who was handed a document, when, and how it ended, in every project; by project and worker."""
        with self.store.read() as session:
            return [turn_of(row) for row in session.all("document_turns", doc_id=doc_id)]

    def tasks(self, project: str) -> list[Task]:
        """The open tasks of a project, by id."""
        with self.store.read() as session:
            self._version(session, project)
            rows = session.all("task_rows", project=project)
        return sorted((task_of(row) for row in rows), key=lambda task: task.task_id)

    def write_export(self, project: str, path: Path) -> int:
        """Writes `export` as Parquet; gives how many rows."""
        table = self.export(project)
        write_answers(table, path)
        return table.num_rows

    # Shared steps

    def _version(self, session: Session, name: str) -> str:
        row = session.one("project_get", name=name)
        if row is None:
            raise NotFoundError(f"no labelling project {name!r}; `malmoi queue status` lists them")
        return row["version"]

    def _project(self, session: Session, name: str, version: str) -> Project:
        # A version is the hash of its content, so a remembered one is never out of date.
        if (name, version) not in self._projects:
            row = session.one("guideline_get", project=name, version=version)
            if row is None:
                raise AnswerError(f"project {name!r} never had guideline {version}")
            self._projects[name, version] = Project.from_data(json.loads(row["body"]))
        return self._projects[name, version]

    def _hand_out(self, session: Session, found: tuple[Row, int], worker: str, terms: tuple[str, int, int]) -> Lease:
        (task, fencing), (version, at, lease_s) = found, terms
        expires_at = at + lease_s * SECOND
        session.run(
            "assignment_put",
            task_id=task["task_id"],
            worker=worker,
            project=task["project"],
            fencing=fencing,
            release_id=task["release_id"],
            guideline=version,
            now=at,
            expires_at=expires_at,
        )
        return Lease(task_of(task), worker, fencing, version, moment(at), moment(expires_at))

    def _end(self, session: Session, hold: Hold, at: int, how: tuple[Ending, str | None, str | None]) -> Row:
        ending, answer, reason = how
        if not session.run("assignment_end", **_key(hold), state=ending.value, now=at, answer=answer, reason=reason):
            raise why_refused(session, hold, at)
        task = session.one("task_get", task_id=hold.task_id)
        assert task is not None
        return task

    def _let_go(self, hold: Hold, now: datetime, ending: Ending, reason: str | None) -> None:
        with self.store.write() as session:
            task = self._end(session, hold, micros(now), (ending, None, reason))
            if ending in FREES_PLACE:
                give_back(session, task["project"], hold.task_id)

    def _require_label(self, session: Session, given: Row, answer: str) -> None:
        known = self._project(session, given["project"], given["guideline"]).labels
        if answer not in known:
            raise AnswerError(f"task {given['task_id']}: the answer is not one of {', '.join(known)}")


def _key(hold: Hold) -> dict[str, Any]:
    return {"task_id": hold.task_id, "worker": hold.worker, "fencing": hold.fencing}


def _same_answer(given: Row, hold: Hold, answer: str) -> bool:
    return (given["state"], given["fencing"], given["answer"]) == (Ending.ANSWERED, hold.fencing, answer)


def _reopen(session: Session, last: Row) -> tuple[Row, int]:
    query = "place_reopen" if last["state"] == Ending.ANSWERED else "place_take"
    taken = session.one(query, task_id=last["task_id"])
    task = session.one("task_get", task_id=last["task_id"])
    assert task is not None
    if taken is not None:
        return task, taken["fencing"]
    error: type[LabelingError] = TakenError if task["state"] == "open" else PulledError
    raise error(f"task {last['task_id']} cannot be taken back: it is {'full' if error is TakenError else 'pulled'}")


__all__ = ["HOLD_S", "LEASE_S", "LoadReport", "Queue"]
