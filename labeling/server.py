"""The labellers' door: a router with the queue's API and the page that people work on.

Everything is JSON. A worker signs in with a token, either on each request (`Authorization: Bearer …`, for programs) or
once for a cookie that scripts cannot read (for the page). The text of a task is read through `read_text` at the moment
it is shown, never earlier, and never cached.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from governance.records.errors import NotFoundError, RefusedError
from labeling.answering import Answering
from labeling.attempts import Attempts
from labeling.counted import CountedProgress
from labeling.errors import TokenError
from labeling.lease import Hold, Lease, PersonalData, SkipReason
from labeling.page.assets import asset, page
from labeling.project import Project
from labeling.queue import LEASE_S, Queue
from labeling.reading import Access, ReadText, Record, Text
from labeling.workers import Worker, Workers

COOKIE = "malmoi_label"
GUARD = "x-malmoi-label"  # a form on another site cannot set a header, so a cookie alone never acts
REFUSALS = 32  # documents that policy may refuse in a row before the worker is told so


class SignIn(BaseModel):
    """Body of a sign-in."""

    token: str = Field(min_length=1, max_length=200)


class Fenced(BaseModel):
    """Body of everything done under a lease."""

    fencing: int


class Answered(Fenced):
    """Body of an answer."""

    answer: str = Field(max_length=200)


class Skipped(Fenced):
    """Body of a skip."""

    reason: SkipReason


class Found(Fenced):
    """Body of a report of personal information."""

    kind: PersonalData


class Door:
    """Handlers of the API; one object a router."""

    def __init__(self, queue: Queue, read_text: ReadText, workers: Workers, clock: Callable[[], datetime]) -> None:
        self._queue, self._read_text, self._workers, self._clock = queue, read_text, workers, clock
        self._attempts = Attempts()
        self._progress = CountedProgress(queue)
        self.record: Record = _forget
        self.lease_s = LEASE_S

    # Who is there

    def worker(self, request: Request) -> Worker:
        """The worker who sends a request.

        Raises:
            TokenError: no good token came with it.
            LockedOutError: too many wrong ones came from its address.
        """
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._sign_in(request, bearer.strip())
        cookie = request.cookies.get(COOKIE)
        if cookie is None:
            raise TokenError("not signed in: send the token as `Authorization: Bearer …`")
        if request.method != "GET" and GUARD not in request.headers:
            raise TokenError(f"a request that acts under a cookie carries the header {GUARD}")
        return self._sign_in(request, cookie)

    def _sign_in(self, request: Request, token: str) -> Worker:
        address, now = _address(request), self._clock()
        try:
            return self._workers.sign_in(token, now=now)
        except TokenError:
            # A whole office may share an address, so a good token is let in even there: it cannot be guessed.
            self.record(Access(now, "", "", address, "sign_in_failed"))
            self._attempts.require_open(address, now)
            self._attempts.failed(address, now)
            raise

    def sign_in(self, request: Request, body: SignIn) -> Response:
        """Signs in on the page: the token goes into a cookie that scripts cannot read and other sites do not send."""
        worker = self._sign_in(request, body.token.strip())
        self._queue.reconsider(worker.worker)
        self._note(request, worker, "sign_in")
        response = JSONResponse(self._who(worker))
        response.set_cookie(
            COOKIE,
            body.token.strip(),
            max_age=int((worker.expires_at - self._clock()).total_seconds()),
            path=request.url.path.removesuffix("api/session"),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def sign_out(self, request: Request) -> Response:
        """Forgets the cookie; a lease that is held runs out by itself."""
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path=request.url.path.removesuffix("api/session"))
        return response

    def who(self, request: Request) -> dict[str, Any]:
        """Who is signed in, and the projects there are."""
        return self._who(self.worker(request))

    def _who(self, worker: Worker) -> dict[str, Any]:
        projects = [self._project(project, worker) for project in self._queue.projects()]
        return {"worker": worker.worker, "organisation": worker.organisation, "projects": projects}

    # Taking a task

    def next(self, project: str, request: Request) -> dict[str, Any]:
        """The task the worker holds, or the next one, with its text.

        Raises:
            RefusedError: policy let this worker read none of the tasks that were next.
        """
        worker = self.worker(request)
        refused: RefusedError | None = None
        for _ in range(REFUSALS):
            lease = self._queue.lease(worker.worker, project, now=self._clock(), lease_s=self.lease_s)
            if lease is None:
                break
            try:
                return self._shown(request, worker, lease)
            except RefusedError as error:
                refused = error
        if refused is not None:
            raise refused
        return {"lease": None, "text": None, "project": self._project(self._queue.project(project), worker)}

    def undo(self, project: str, request: Request) -> dict[str, Any]:
        """Takes back the last answer or skip, and shows that task again."""
        worker = self.worker(request)
        lease = self._queue.undo(worker.worker, project, now=self._clock(), lease_s=self.lease_s)
        self._note(request, worker, "undo", lease.task.task_id, lease.task.doc_id)
        return self._shown(request, worker, lease)

    def _shown(self, request: Request, worker: Worker, lease: Lease) -> dict[str, Any]:
        """A lease with its text; a document this worker may not read goes back to the queue for others."""
        try:
            text = self._read_text(lease.task, worker)
        except RefusedError as error:
            self._refuse(request, worker, lease, error.policies)
            raise
        except NotFoundError as error:
            self._refuse(request, worker, lease, ("not_found",))
            raise RefusedError(f"task {lease.task.task_id}: its document is no longer there") from error
        self._note(request, worker, "read", lease.task.task_id, lease.task.doc_id)
        project = self._project(self._queue.project(lease.task.project), worker)
        return {"lease": self._lease(lease), "text": _text(lease, text), "project": project}

    def _refuse(self, request: Request, worker: Worker, lease: Lease, policies: tuple[str, ...]) -> None:
        self._queue.refuse(lease.hold, policies, now=self._clock())
        self._note(request, worker, "refused", lease.task.task_id, lease.task.doc_id, policies)

    def _lease(self, lease: Lease) -> dict[str, Any]:
        """What a worker may know of their lease; nothing tells whether the task is gold."""
        left = (lease.expires_at - self._clock()).total_seconds()
        return {
            "lease_id": lease.lease_id,
            "task_id": lease.task.task_id,
            "fencing": lease.fencing,
            "expires_at": lease.expires_at.isoformat(),
            "seconds_left": left,
        }

    # Acting on it

    def heartbeat(self, task_id: str, body: Fenced, request: Request) -> dict[str, Any]:
        """Keeps the lease alive."""
        hold = self._hold(task_id, body, self.worker(request))
        now = self._clock()
        end = self._queue.heartbeat(hold, now=now, lease_s=self.lease_s)
        return {"expires_at": end.isoformat(), "seconds_left": (end - now).total_seconds()}

    def submit(self, task_id: str, body: Answered, request: Request) -> dict[str, Any]:
        """Answers the task."""
        worker = self.worker(request)
        self._queue.submit(self._hold(task_id, body, worker), body.answer, now=self._clock())
        return self._done(request, worker, "submit", task_id)

    def release(self, task_id: str, body: Fenced, request: Request) -> dict[str, Any]:
        """Gives the task back."""
        worker = self.worker(request)
        self._queue.release(self._hold(task_id, body, worker), now=self._clock())
        return self._done(request, worker, "release", task_id)

    def skip(self, task_id: str, body: Skipped, request: Request) -> dict[str, Any]:
        """Passes the task on, with a reason."""
        worker = self.worker(request)
        self._queue.skip(self._hold(task_id, body, worker), body.reason, now=self._clock())
        return self._done(request, worker, "skip", task_id)

    def pii(self, task_id: str, body: Found, request: Request) -> dict[str, Any]:
        """Reports personal information: the document leaves the queue at once and its shard's keeper is told."""
        worker = self.worker(request)
        self._queue.pii_found(self._hold(task_id, body, worker), body.kind, now=self._clock())
        return self._done(request, worker, "pii_found", task_id)

    def _done(self, request: Request, worker: Worker, action: str, task_id: str) -> dict[str, Any]:
        self._note(request, worker, action, task_id)
        return {"done": action}

    def _hold(self, task_id: str, body: Fenced, worker: Worker) -> Hold:
        return Hold(task_id, worker.worker, body.fencing)

    def _note(self, request: Request, worker: Worker, action: str, *what: Any) -> None:
        self.record(Access(self._clock(), worker.worker, worker.organisation, _address(request), action, *what))

    # How far it is

    def progress(self, project: str, request: Request) -> dict[str, Any]:
        """How far a project is, and what this worker did in it."""
        return self._project(self._queue.project(project), self.worker(request))

    def _project(self, project: Project, worker: Worker) -> dict[str, Any]:
        now = self._clock()
        day = now - timedelta(hours=24)
        mine = self._queue.worker_progress(worker.worker, project.name, since=day)
        counted = self._progress.of(project.name, now)
        return project.to_data() | {
            "title": project.title or project.name,
            "version": project.version,
            "progress": {"answers": counted.answers, "places": counted.places, "share": counted.share},
            "mine": {"answered": mine.answered, "skipped": mine.skipped, "recent": mine.recent},
        }


def _forget(_: Access) -> None:
    """Keeps no access log: for tests and for a look around."""


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _text(lease: Lease, text: Text) -> dict[str, Any]:
    shown = {"title": text.title, "body": text.body, "notice": text.notice}
    return shown | {"source": lease.task.source, "licence": lease.task.licence, "doc_id": lease.task.doc_id}


def create_router(
    queue: Queue,
    read_text: ReadText,
    workers: Workers,
    clock: Callable[[], datetime],
    *,
    record: Record | None = None,
    prefix: str = "/label",
) -> APIRouter:
    """The labellers' door as a router to include in an application.

    Args:
        read_text: gives the protected text of a task to a worker, through policy, each time it is shown.
        clock: the time, with its zone.
        record: told of every sign-in, reading and act, for the access log.
        prefix: path of the page; the API is below it at `api/`.
    """
    door = Door(queue, read_text, workers, clock)
    door.record = record or door.record
    router = APIRouter(prefix=prefix, route_class=Answering, tags=["labelling"])
    router.add_api_route("/", page, methods=["GET"], include_in_schema=False)
    router.add_api_route("/static/{name}", asset, methods=["GET"], include_in_schema=False)
    for method, path, handler in _routes(door):
        router.add_api_route(f"/api{path}", handler, methods=[method], response_model=None)
    return router


def _routes(door: Door) -> tuple[tuple[str, str, Callable[..., Any]], ...]:
    return (
        ("GET", "/session", door.who),
        ("POST", "/session", door.sign_in),
        ("DELETE", "/session", door.sign_out),
        ("GET", "/projects/{project}", door.progress),
        ("POST", "/projects/{project}/next", door.next),
        ("POST", "/projects/{project}/undo", door.undo),
        ("POST", "/tasks/{task_id}/heartbeat", door.heartbeat),
        ("POST", "/tasks/{task_id}/submit", door.submit),
        ("POST", "/tasks/{task_id}/release", door.release),
        ("POST", "/tasks/{task_id}/skip", door.skip),
        ("POST", "/tasks/{task_id}/pii", door.pii),
    )
