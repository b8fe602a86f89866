from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from governance.events import EventLog
from governance.keys import KeyStore
from governance.records.errors import NotFoundError, RefusedError
from governance.sharing.settings import SharingSettings
from governance.store.grants import Grant
from governance.store.recipients import Recipient
from labeling.lease import Finding, PersonalData
from labeling.queue import Queue
from labeling.reading import Access
from labeling.store.sqlite import SqliteStore
from labeling.task import Task
from labeling.workers import Worker, Workers
from pipelines.finding import by_native_id
from pipelines.home import Home
from pipelines.serving import LabelDoor
from pipelines.stages.rewrite import rewrite_without

NOON = datetime(2026, 11, 24, 3, tzinfo=UTC)


class Door:
    """The labellers' door of a release, and a worker of an organisation."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.settings = SharingSettings.of_home(home.root, clock=lambda: NOON)
        self.door = LabelDoor(home, self.settings)
        self.tasks: Sequence[Task] = Queue(SqliteStore(home.queue)).tasks("quality")
        workers = Workers(SqliteStore(home.queue))
        self.worker: Worker = workers.add("labs", "kim", now=NOON, expires_at=NOON + timedelta(days=9))[0]

    def contract(self, purpose: str = "label") -> None:
        self.settings.store.recipients.add(Recipient("labs", "Labs", "KR"), at=NOON)
        grant = Grant("labs", "test", purpose, NOON.date(), NOON.date() + timedelta(days=30))
        self.settings.store.grants.add(grant, at=NOON, by="officer")

    def actions(self) -> list[str]:
        return [entry.event.action for entry in EventLog(self.home.events).read(actions=("label", "shard"))]


@pytest.fixture
def door(released: Home) -> Door:
    return Door(released)


def test_under_a_contract_the_released_text_is_shown_and_that_is_logged(door: Door) -> None:
    door.contract()
    text = door.door.read(door.tasks[0], door.worker)
    assert "문서는" in text.body
    (event,) = [e.event for e in EventLog(door.home.events).read(actions=("label.lease",))]
    assert (event.actor, event.documents) == ("labs", 1) and f"doc:{door.tasks[0].doc_id}" in event.subjects


def test_an_organisation_that_nobody_registered_is_refused(door: Door) -> None:
    with pytest.raises(RefusedError, match="malmoi share register") as refused:
        door.door.read(door.tasks[0], door.worker)
    assert refused.value.policies == ("unknown-organisation",) and door.actions() == []


def test_a_grant_for_another_purpose_is_no_contract(door: Door) -> None:
    door.contract("pretrain")
    with pytest.raises(RefusedError) as refused:
        door.door.read(door.tasks[0], door.worker)
    assert refused.value.policies == ("label-no-contract",)


def test_a_finding_stops_every_text_of_its_shard(door: Door) -> None:
    door.contract()
    task = door.tasks[0]
    where = (task.doc_id, task.release_id, task.shard, task.source)
    door.door.quarantine(Finding(*where, "quality", door.worker.worker, PersonalData.NAME, NOON))
    with pytest.raises(RefusedError) as refused:
        door.door.read(task, door.worker)
    assert refused.value.policies == ("label-state",) and door.actions() == ["shard.quarantine"]


def test_a_document_that_left_the_corpus_is_gone(door: Door, keys: KeyStore) -> None:
    door.contract()
    task = door.tasks[0]
    assert rewrite_without(door.home, keys, "test", "E-1", [task.doc_id], NOON) is not None
    with pytest.raises(NotFoundError, match="in no release any more"):
        door.door.read(task, door.worker)


def test_the_place_is_that_at_the_head(door: Door, keys: KeyStore) -> None:
    task = door.tasks[0]
    before, row = door.door.place(task.doc_id)
    others = [t.doc_id for t in door.tasks[1:]]
    gone = next(
        r.doc_id
        for n in range(12)
        for r in by_native_id(door.home, keys, f"native-{n:05d}")
        if r.doc_id not in (task.doc_id, *others)
    )
    rewrite_without(door.home, keys, "test", "E-1", [gone], NOON)
    after, _ = door.door.place(task.doc_id)
    assert (door.home.corpus("test") / after.path).exists() and (row >= 0) and after.source == before.source


def test_what_a_labeller_does_is_logged_under_the_account_with_the_address(door: Door) -> None:
    door.door.record(Access(NOON, door.worker.worker, "labs", "127.0.0.1", "submit", "t-1"))
    (event,) = [e.event for e in EventLog(door.home.events).read(actions=("label.submit",))]
    assert (event.actor, event.origin, event.outcome) == ("labs", "127.0.0.1", "done")
    assert f"account:{door.worker.worker}" in event.subjects
