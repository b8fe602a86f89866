"""One server for consortia and labellers: Delta Sharing and the labelling page, each through policy at every read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pyarrow.parquet as pq
from fastapi import FastAPI

from governance.entitlements import Shard, may_label
from governance.events import Event, EventLog
from governance.keys import KeyStore
from governance.policy import Policies, default_policies
from governance.records.errors import NotFoundError, RefusedError
from governance.records.storage import readable
from governance.sharing.app import create_app
from governance.sharing.settings import SharingSettings
from labeling.lease import Finding
from labeling.queue import Queue
from labeling.reading import Access, Text
from labeling.server import create_router
from labeling.store.sqlite import SqliteStore
from labeling.task import Task
from labeling.workers import Worker, Workers
from pipelines.discovering import Discovery, discover
from pipelines.home import Home
from pipelines.releases import corpora, index_rows, latest_release


def create_server(home: Home, clock: Callable[[], datetime], base_url: str | None = None) -> FastAPI:
    """The application behind `malmoi serve`."""
    settings = SharingSettings.of_home(home.root, clock=clock, base_url=base_url, corpora=home.governed)
    app = create_app(settings)
    door = LabelDoor(home, settings)
    store = SqliteStore(home.queue)
    queue = Queue(store, on_finding=door.quarantine)
    app.include_router(create_router(queue, door.read, Workers(store), clock, record=door.record))
    return app


class LabelDoor:
    """What labelling needs of the rest: texts through policy, and a finding that stops its shard."""

    def __init__(self, home: Home, settings: SharingSettings) -> None:
        self.home, self.settings = home, settings
        self.policies = Policies.load(default_policies())
        self.log = EventLog(home.events)

    def place(self, doc_id: str) -> tuple[Shard, int]:
        """Shard and row of a document at the head of its corpus.

        Raises:
            NotFoundError: no head has it: it was erased, or left the corpus.
        """
        for corpus in corpora(self.home):
            latest = latest_release(self.home, corpus)
            assert latest is not None
            for found in index_rows(self.home.release(corpus, latest.release_id), doc_id):
                path = str(found["shard"])
                size = (self.home.corpus(corpus) / path).stat().st_size
                shard = Shard.at(corpus, path, size=size)
                assert shard is not None
                return shard, int(str(found["row"]))
        raise NotFoundError(f"document {doc_id} is in no release any more; take the next task")

    def read(self, task: Task, worker: Worker) -> Text:
        """The protected text, if the worker's organisation may see it now.

        Raises:
            RefusedError: the policies say no; carries which and why.
            NotFoundError: the document is gone.
        """
        shard, row = self.place(task.doc_id)
        at = self.settings.clock()
        try:
            may_label(worker.organisation, shard, at, self.policies, self.settings.store).require()
        except NotFoundError as error:
            raise RefusedError(
                f"{error}; register it with `malmoi share register`", ("unknown-organisation",)
            ) from error
        path = self.home.corpus(shard.corpus) / shard.path
        table = pq.read_table(readable(path), columns=["doc_id", "text", "title"])
        found = table.slice(row, 1).to_pylist()[0]
        subjects = (f"shard:{shard.path}", f"doc:{task.doc_id}", f"corpus:{shard.corpus}")
        self.log.append(Event(at, worker.organisation, "label.lease", subjects=subjects, documents=1))
        return Text(found["text"], found["title"] or "")

    def quarantine(self, finding: Finding) -> None:
        """Personal data found by a labeller stops the shard at once (PIPA art. 28-5)."""
        at = self.settings.clock()
        try:
            self.place(finding.doc_id)
        except NotFoundError:
            # It left the head meanwhile: nothing is served that could be stopped.
            self.log.append(
                Event(at, "labelling", "document.reported", subjects=(f"doc:{finding.doc_id}",), documents=1)
            )
            return
        discover(
            self.home, KeyStore.open(self.home.keys), Discovery(finding.doc_id, str(finding.kind), at, "labelling")
        )

    def record(self, access: Access) -> None:
        """One line of the access log for everything a labeller does."""
        subjects = tuple(
            s
            for s in (
                f"account:{access.worker}",
                f"doc:{access.doc_id}" if access.doc_id else "",
                f"task:{access.task_id}" if access.task_id else "",
            )
            if s
        )
        outcome = "refused" if access.action == "refused" else "done"
        self.log.append(
            Event(
                access.at,
                access.organisation,
                f"label.{access.action}",
                origin=access.address,
                subjects=subjects,
                documents=1 if access.doc_id else 0,
                policies=access.policies,
                outcome=outcome,
            )
        )
