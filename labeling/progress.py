"""How far a project is, who did how much of it, and how well they agree with the known answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from labeling.clock import micros
from labeling.lease import Ending
from labeling.store.port import Session


@dataclass(frozen=True, slots=True)
class WorkerProgress:
    """What one worker did in a project: answers and skips in all, and `recent` answers since a moment."""

    worker: str
    answered: int = 0
    skipped: int = 0
    recent: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """A project's state.

    Attributes:
        tasks: all of them; gold ones are counted in `gold` alone.
        done: tasks with as many answers as their overlap asks for.
        answers, places: answers given, and answers wanted in all.
        leased: leases running now.
        pulled: tasks out of the queue (personal information, suspension).
    """

    project: str
    tasks: int
    done: int
    answers: int
    places: int
    leased: int
    pulled: int
    gold: int
    findings: int
    workers: tuple[WorkerProgress, ...] = field(default=())

    @property
    def share(self) -> float:
        """Answers given of those wanted, 0 to 1; an empty project is done."""
        return self.answers / self.places if self.places else 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """A worker's answers to tasks whose answer is known, and how many of them are right."""

    worker: str
    answered: int
    correct: int

    @property
    def share(self) -> float:
        """Right answers, 0 to 1."""
        return self.correct / self.answered


def project_progress(session: Session, project: str, now: datetime, since: datetime) -> Progress:
    """Counts a project; `recent` answers of workers are those since `since`."""
    groups = session.all("progress_tasks", project=project)
    wanted = [row for row in groups if row["state"] == "open" and not row["is_gold"]]
    live = session.one("progress_live", project=project, now=micros(now))
    findings = session.one("findings_count", project=project)
    return Progress(
        project=project,
        tasks=sum(row["tasks"] for row in groups if not row["is_gold"]),
        done=sum(int(row["done"]) for row in wanted),
        answers=sum(int(row["answers"]) for row in wanted),
        places=sum(int(row["places"]) for row in wanted),
        leased=live["leases"] if live else 0,
        pulled=sum(row["tasks"] for row in groups if row["state"] == "pulled"),
        gold=sum(row["tasks"] for row in groups if row["is_gold"]),
        findings=findings["findings"] if findings else 0,
        workers=_workers(session, project, since),
    )


def _workers(session: Session, project: str, since: datetime) -> tuple[WorkerProgress, ...]:
    rows = session.all("progress_workers", project=project, since=micros(since))
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        mine = counts.setdefault(row["worker"], {})
        if row["state"] == Ending.ANSWERED:
            mine |= {"answered": row["number"], "recent": int(row["recent"])}
        elif row["state"] == Ending.SKIPPED:
            mine["skipped"] = row["number"]
    return tuple(WorkerProgress(worker, **mine) for worker, mine in counts.items() if mine)


def worker_progress(session: Session, worker: str, project: str, since: datetime) -> WorkerProgress:
    """What one worker did in a project."""
    rows = {
        row["state"]: row for row in session.all("progress_worker", worker=worker, project=project, since=micros(since))
    }
    answered, skipped = rows.get(Ending.ANSWERED), rows.get(Ending.SKIPPED)
    return WorkerProgress(
        worker,
        answered=answered["number"] if answered else 0,
        skipped=skipped["number"] if skipped else 0,
        recent=int(answered["recent"]) if answered else 0,
    )


def gold_scores(session: Session, project: str) -> list[Score]:
    """Each worker's score on the project's gold tasks, by worker."""
    rows = session.all("gold_scores", project=project)
    return [Score(row["worker"], row["answered"], int(row["correct"])) for row in rows]
