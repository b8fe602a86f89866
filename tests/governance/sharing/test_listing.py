"""Listing: shares, purposes and tables, page by page, only what a grant in force opens."""

from __future__ import annotations

from datetime import date

import pytest

from tests.governance.sharing.conftest import CORPUS, NOW, Home
from tests.governance.sharing.test_tables import Caller

SHARES = "/delta-sharing/shares"


@pytest.fixture
def caller(shared: Home) -> Caller:
    for purpose in ("evaluate", "finetune"):
        shared.grant("team-b", purpose=purpose)
    shared.grant("team-b", purpose="research", valid_until=date(2026, 11, 23))
    return Caller(shared, "team-b")


def test_a_recipient_without_grants_sees_nothing(shared: Home) -> None:
    shared.recipient("newcomer")
    caller = Caller(shared, "newcomer")
    assert caller.get(SHARES).json() == {"items": []}
    assert caller.get(f"{SHARES}/malmoi").status_code == 404


def test_schemas_are_the_purposes_of_grants_in_force(caller: Caller) -> None:
    assert caller.get(SHARES).json()["items"] == [{"name": "malmoi", "id": "malmoi"}]
    assert caller.get(f"{SHARES}/MALMOI").json()["share"]["name"] == "malmoi"
    names = [item["name"] for item in caller.get(f"{SHARES}/malmoi/schemas").json()["items"]]
    assert names == ["evaluate", "finetune", "pretrain"]
    tables = caller.get(f"{SHARES}/malmoi/schemas/evaluate/tables").json()["items"]
    assert tables == [{"name": CORPUS, "schema": "evaluate", "share": "malmoi"}]


def test_pages_put_together_are_the_whole_list(caller: Caller) -> None:
    for size in (1, 2, 3, 4):
        got, token = [], ""
        while True:
            page = caller.get(f"{SHARES}/malmoi/all-tables?maxResults={size}&pageToken={token}").json()
            got += [item["schema"] for item in page["items"]]
            token = page.get("nextPageToken", "")
            if not token:
                break
        assert got == ["evaluate", "finetune", "pretrain"]


def test_a_page_of_nothing_says_where_to_go_on(caller: Caller) -> None:
    page = caller.get(f"{SHARES}/malmoi/all-tables?maxResults=0").json()
    assert page["items"] == []
    assert page["nextPageToken"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/other/schemas", 404),
        ("/malmoi/schemas?maxResults=-1", 400),
        ("/malmoi/schemas?maxResults=all", 400),
        ("/malmoi/schemas?pageToken=abc", 400),
        ("/malmoi/schemas?pageToken=ZnJvbTo5OQ==", 400),
        ("/malmoi/nothing", 404),
    ],
)
def test_a_wrong_question_gets_an_error_in_the_protocols_shape(caller: Caller, path: str, status: int) -> None:
    answer = caller.get(SHARES + path)
    assert answer.status_code == status
    assert set(answer.json()) == {"errorCode", "message", "policies"}


def test_a_recipient_sees_how_its_grants_stand_and_nobody_elses(shared: Home, caller: Caller) -> None:
    grants = shared.store.grants.of(("team-b",))
    shared.store.grants.revoke(grants[1].number, at=NOW, by="kim", because="left")
    shared.grant("team-b", purpose="label", valid_from=date(2026, 11, 25))
    items = caller.get("/delta-sharing/grants").json()["items"]
    assert {item["table"]["schema"]: item["state"] for item in items} == {
        "pretrain": "in force",
        "evaluate": "revoked",
        "finetune": "in force",
        "research": "ended",
        "label": "not begun",
    }
    assert [item["id"] for item in items] == [grant.id for grant in shared.store.grants.of(("team-b",))]
