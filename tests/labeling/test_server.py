from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from governance.records.errors import IntegrityError, NotFoundError, RefusedError
from labeling.attempts import FAILURES
from labeling.lease import Finding
from labeling.project import Project
from labeling.queue import LEASE_S, Queue
from labeling.reading import Access, Text
from labeling.server import COOKIE, GUARD, REFUSALS, create_router
from labeling.store.sqlite import SqliteStore
from labeling.task import Task
from labeling.workers import Worker, Workers
from tests.labeling.conftest import NOON, QUALITY, make_tasks

SECRET = "글의 내용은 여기에만 있습니다"


class House:
    """A server with two workers, a clock that the test moves, and a policy that the test sets."""

    def __init__(self, path) -> None:
        self.now: datetime = NOON
        self.store = SqliteStore(path)
        self.findings: list[Finding] = []
        self.accesses: list[Access] = []
        self.queue = Queue(self.store, on_finding=self.findings.append)
        self.queue.define(QUALITY, now=NOON)
        self.workers = Workers(self.store)
        self.refuses: Callable[[Task, Worker], bool] = lambda task, worker: False
        self.gone: set[str] = set()
        app = FastAPI()
        app.include_router(
            create_router(self.queue, self.read_text, self.workers, lambda: self.now, record=self.accesses.append)
        )
        self.app = app

    def read_text(self, task: Task, worker: Worker) -> Text:
        if task.doc_id in self.gone:
            raise NotFoundError("no such shard")
        if self.refuses(task, worker):
            raise RefusedError("not for this organisation", ["label.organisation"])
        return Text(SECRET, "제목", "출처 표시")

    def client(self, account: str, **rest: Any) -> TestClient:
        made, token = self.workers.add("기관가", account, now=self.now, expires_at=NOON + timedelta(days=1))
        client = TestClient(self.app, headers={"authorization": f"Bearer {token}"}, **rest)
        client.worker, client.token = made.worker, token  # type: ignore[attr-defined]
        return client


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path / "queue.sqlite")


@pytest.fixture
def kim(house: House) -> TestClient:
    return house.client("kim01")


def next_task(client: TestClient) -> dict:
    answer = client.post("/label/api/projects/quality/next")
    assert answer.status_code == 200, answer.text
    return answer.json()


def act(client: TestClient, lease: dict, verb: str, **body: Any):
    return client.post(f"/label/api/tasks/{lease['task_id']}/{verb}", json={"fencing": lease["fencing"], **body})


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# One task, from taking to undoing


def test_a_task_is_taken_answered_undone_and_answered_again(house: House, kim: TestClient):
    house.queue.load(make_tasks(2))
    shown = next_task(kim)
    assert shown["text"] == {
        "title": "제목",
        "body": SECRET,
        "notice": "출처 표시",
        "source": "petitions",
        "licence": "CC-BY-4.0",
        "doc_id": shown["text"]["doc_id"],
    }
    assert shown["lease"]["seconds_left"] == LEASE_S
    assert act(kim, shown["lease"], "submit", answer="좋음").json() == {"done": "submit"}
    again = kim.post("/label/api/projects/quality/undo").json()
    assert again["lease"]["task_id"] == shown["lease"]["task_id"]
    assert act(kim, again["lease"], "submit", answer="나쁨").status_code == 200
    assert [row["answer"] for row in house.queue.export("quality").to_pylist()] == ["나쁨"]
    after_all = next_task(kim)
    assert after_all["project"]["mine"] == {"answered": 1, "skipped": 0, "recent": 1}
    act(kim, after_all["lease"], "submit", answer="좋음")
    assert next_task(kim)["lease"] is None


def test_a_heartbeat_moves_the_end_of_the_lease(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lease = next_task(kim)["lease"]
    house.now += timedelta(seconds=LEASE_S - 1)
    assert act(kim, lease, "heartbeat").json()["seconds_left"] == LEASE_S
    house.now += timedelta(seconds=LEASE_S)
    assert code(act(kim, lease, "heartbeat")) == (409, "stale_lease")


def test_release_and_skip_pass_the_task_on(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lee = house.client("lee01")
    assert act(kim, next_task(kim)["lease"], "release").status_code == 200
    assert act(lee, next_task(lee)["lease"], "skip", reason="unclear").status_code == 200
    assert next_task(lee)["lease"] is None
    assert next_task(kim)["lease"] is not None


def test_personal_information_pulls_the_document_and_tells_its_keeper(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lease = next_task(kim)["lease"]
    assert act(kim, lease, "pii", kind="contact").json() == {"done": "pii_found"}
    assert [(finding.doc_id, finding.kind) for finding in house.findings] == [("doc00000", "contact")]
    assert next_task(kim)["lease"] is None
    assert code(act(kim, lease, "submit", answer="좋음")) == (410, "pulled")


def test_a_worker_cannot_tell_gold_tasks_apart(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    plain = next_task(kim)
    house.queue.load(make_tasks(1, gold="나쁨", overlap=7))
    gold = next_task(kim)
    assert {key: set(value) for key, value in plain.items()} == {key: set(value) for key, value in gold.items()}
    assert "gold" not in str(gold) and "나쁨" not in str({**gold, "project": None})


# Refusals


def test_every_refusal_is_one_shape_and_repeats_nothing_that_was_sent(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lease = next_task(kim)["lease"]
    secret = "홍길동 010-0000-0000"
    tries = {
        "bad_answer": act(kim, lease, "submit", answer=secret),
        "bad_request": act(kim, lease, "skip", reason=secret),
        "not_found": kim.post("/label/api/projects/none/next"),
        "stale_lease": act(kim, {**lease, "fencing": 99}, "submit", answer="좋음"),
    }
    for expected, answer in tries.items():
        assert answer.json()["error"].keys() == {"code", "message", "policies"}
        assert answer.json()["error"]["code"] == expected
        assert secret not in answer.text


def test_one_worker_cannot_act_on_anothers_lease(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lease = next_task(kim)["lease"]
    lee = house.client("lee01")
    for verb, body in (
        ("submit", {"answer": "좋음"}),
        ("release", {}),
        ("skip", {"reason": "other"}),
        ("heartbeat", {}),
    ):
        assert code(act(lee, lease, verb, **body)) == (404, "not_found")
    assert code(act(lee, lease, "pii", kind="name")) == (404, "not_found")
    assert act(kim, lease, "submit", answer="좋음").status_code == 200


def test_policy_is_asked_when_the_text_is_shown_and_the_task_goes_to_whom_it_allows(house: House, kim: TestClient):
    house.queue.load(make_tasks(3))
    lee = house.client("lee01")
    house.refuses = lambda task, worker: worker.account == "kim01"
    refused = kim.post("/label/api/projects/quality/next")
    assert code(refused) == (403, "refused")
    assert refused.json()["error"]["policies"] == ["label.organisation"]
    assert SECRET not in refused.text
    assert next_task(lee)["text"]["body"] == SECRET
    house.refuses = lambda task, worker: False
    kim.post("/label/api/session", json={"token": kim.token})
    assert next_task(kim)["lease"] is not None, "signing in again asks policy again"


def test_a_document_that_one_worker_may_not_read_is_passed_over(house: House, kim: TestClient):
    house.queue.load(make_tasks(REFUSALS))
    house.refuses = lambda task, worker: task.row != 3
    house.gone = {"doc00004"}
    assert next_task(kim)["text"]["doc_id"] == "doc00003"


def test_a_grant_that_ends_while_a_task_is_held_hides_its_text(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    assert next_task(kim)["text"]["body"] == SECRET
    house.refuses = lambda task, worker: True
    assert code(kim.post("/label/api/projects/quality/next")) == (403, "refused")


def test_a_document_that_is_gone_is_refused_without_its_place(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    house.gone = {"doc00000"}
    answer = kim.post("/label/api/projects/quality/next")
    assert code(answer) == (403, "refused") and "shard" not in answer.text


def test_the_servers_own_faults_are_not_dressed_up_as_answers(house: House):
    house.queue.load(make_tasks(1))
    house.read_text = None  # type: ignore[assignment]

    def broken(task: Task, worker: Worker) -> Text:
        raise IntegrityError("the shard is not what was signed")

    app = FastAPI()
    app.include_router(create_router(house.queue, broken, house.workers, lambda: house.now))
    token = house.client("kim01").token
    client = TestClient(app, headers={"authorization": f"Bearer {token}"}, raise_server_exceptions=False)
    answer = client.post("/label/api/projects/quality/next")
    assert answer.status_code == 500 and "signed" not in answer.text


# Tokens


def test_without_a_good_token_nothing_answers(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lease = next_task(kim)["lease"]
    paths = [
        (route.path, next(iter(route.methods)))
        for route in create_router(house.queue, house.read_text, house.workers, lambda: NOON).routes
        if "/api/" in route.path and not (route.path.endswith("/session") and route.methods != {"GET"})
    ]
    assert len(paths) == 9
    body = {"fencing": lease["fencing"], "answer": "좋음", "reason": "other", "kind": "name"}
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {kim.token}"}):
        anonymous = TestClient(house.app, headers=headers, client=(f"10.0.0.{len(headers)}", 1))
        for path, method in paths:
            url = path.format(project="quality", task_id=lease["task_id"])
            answer = anonymous.request(method, url, json=body if method == "POST" else None)
            assert code(answer) in ((401, "bad_token"), (429, "locked_out")), path


def test_a_revoked_token_stops_at_once_and_its_lease_runs_out(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    lease = next_task(kim)["lease"]
    house.workers.revoke(kim.worker, now=house.now)
    assert code(act(kim, lease, "submit", answer="좋음")) == (401, "bad_token")
    lee = house.client("lee01")
    assert next_task(lee)["lease"] is None
    house.now += timedelta(seconds=LEASE_S)
    assert next_task(lee)["lease"] is not None


def test_a_guesser_is_locked_out_and_a_good_token_from_the_same_office_is_not(house: House):
    guesser = TestClient(house.app, client=("10.0.0.9", 1))
    answers = [guesser.post("/label/api/session", json={"token": "wrong"}).status_code for _ in range(FAILURES + 2)]
    assert answers == [401] * FAILURES + [429] * 2
    assert house.client("kim01", client=("10.0.0.9", 1)).get("/label/api/session").status_code == 200


def test_the_page_signs_in_with_a_cookie_that_scripts_and_other_sites_cannot_use(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    page = TestClient(house.app, base_url="https://testserver")
    answer = page.post("/label/api/session", json={"token": f" {kim.token} "})
    cookie = answer.headers["set-cookie"].lower()
    assert answer.json()["worker"] == kim.worker and kim.token not in answer.text
    assert all(word in cookie for word in ("httponly", "samesite=strict", "secure", "path=/label/", "max-age="))
    assert page.get("/label/api/session").status_code == 200
    assert code(page.post("/label/api/projects/quality/next")) == (401, "bad_token"), "a form cannot act"
    assert page.post("/label/api/projects/quality/next", headers={GUARD: "1"}).status_code == 200
    page.delete("/label/api/session")
    assert COOKIE not in page.cookies
    assert code(page.get("/label/api/session")) == (401, "bad_token")


# What is written down, what is sent along


def test_every_sign_in_reading_and_act_is_recorded_with_who_where_and_which_document(house: House, kim: TestClient):
    house.queue.load(make_tasks(2))
    kim.post("/label/api/session", json={"token": kim.token})
    first = next_task(kim)["lease"]
    act(kim, first, "submit", answer="좋음")
    kim.post("/label/api/projects/quality/undo")
    house.refuses = lambda task, worker: True
    kim.post("/label/api/projects/quality/next")
    kim.post("/label/api/session", json={"token": "wrong"})
    done = [(access.action, access.doc_id) for access in house.accesses]
    doc = next(task.doc_id for task in make_tasks(2) if task.task_id == first["task_id"])
    assert done[:5] == [("sign_in", ""), ("read", doc), ("submit", ""), ("undo", doc), ("read", doc)]
    assert done[5] == ("refused", doc) and house.accesses[5].policies == ("label.organisation",)
    assert done[-1] == ("sign_in_failed", "")
    assert {access.organisation for access in house.accesses[:-1]} == {"기관가"}
    assert {access.address for access in house.accesses} == {"testclient"}
    assert kim.token not in repr(house.accesses) and SECRET not in repr(house.accesses)


def test_no_response_is_cached_or_framed_or_runs_foreign_scripts(house: House, kim: TestClient):
    house.queue.load(make_tasks(1))
    answers = [
        kim.get("/label/"),
        kim.get("/label/static/app.js"),
        kim.get("/label/static/none.js"),
        kim.post("/label/api/projects/quality/next"),
        kim.post("/label/api/projects/none/next"),
        TestClient(house.app).get("/label/api/session"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200, 404, 401]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_needs_nothing_from_elsewhere_and_has_no_inline_code(kim: TestClient):
    page = kim.get("/label/").text
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert address.startswith("#") or kim.get(f"/label/{address}").status_code == 200
    assert not re.search(r"\son\w+=|<style|style=|<script(?! src)", page)
    assert not re.search(
        r"https?://", page + kim.get("/label/static/app.js").text + kim.get("/label/static/style.css").text
    )


def test_a_text_is_in_no_repr():
    assert SECRET not in repr(Text(SECRET, SECRET))


def test_projects_carry_the_guideline_and_labels_of_the_recipe(house: House, kim: TestClient):
    house.queue.define(Project("topic", "주제를 고릅니다.", ("행정", "생활")), now=NOON)
    projects = kim.get("/label/api/session").json()["projects"]
    assert [(p["name"], p["title"], p["labels"]) for p in projects] == [
        ("quality", "문서 품질", ["좋음", "보통", "나쁨"]),
        ("topic", "topic", ["행정", "생활"]),
    ]
    assert kim.get("/label/api/projects/topic").json()["guideline"] == "주제를 고릅니다."
