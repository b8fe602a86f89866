"""The protocol's tables: headers, lines, versions, hints; nothing of others, no statistics of columns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from governance.sharing.app import create_app
from governance.store.sources import StateChange
from tests.governance.sharing.conftest import CORPUS, NOW, Home

TABLE = f"/delta-sharing/shares/malmoi/schemas/pretrain/tables/{CORPUS}"


class Caller:
    """A recipient with a token, asking the application directly."""

    def __init__(self, home: Home, name: str, **settings: Any) -> None:
        self._client = TestClient(create_app(home.settings(**settings)), client=("192.0.2.7", 50000))
        self._headers = {"authorization": f"Bearer {home.bearer(name)}"}

    def get(self, path: str, **headers: str) -> Any:
        return self._client.get(path, headers=self._headers | headers)

    def query(self, path: str = TABLE, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return self._client.post(f"{path}/query", json=body or {}, headers=self._headers | headers)


def files(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["file"] for line in answer.text.splitlines()[2:]]


def sources(answer: Any, home: Home) -> set[str]:
    paths = {shard.id: shard.source for shard in home_shards(home)}
    return {paths[file["id"]] for file in files(answer)}


def home_shards(home: Home) -> Any:
    from governance.sharing.catalogue import Catalogue

    return Catalogue(home.root / "governed").version(CORPUS).shards


@pytest.fixture
def body_a(shared: Home) -> Caller:
    return Caller(shared, "body-a")


def test_a_snapshot_has_protocol_metadata_and_the_callers_files(shared: Home, body_a: Caller) -> None:
    answer = body_a.query()
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert answer.headers["delta-table-version"] == "0"
    assert answer.headers["delta-sharing-capabilities"] == "responseformat=parquet"
    assert lines[0] == {"protocol": {"minReaderVersion": 1}}
    metadata = lines[1]["metaData"]
    assert [field["name"] for field in json.loads(metadata["schemaString"])["fields"]][:2] == ["doc_id", "text"]
    assert metadata["partitionColumns"] == []
    assert metadata["format"]["provider"] == "parquet"
    assert sources(answer, shared) == {"laws", "petitions", "calls"}
    assert (metadata["numFiles"], metadata["size"]) == (6, sum(file["size"] for file in files(answer)))


def test_no_statistic_of_any_column_leaves_the_server(shared: Home, body_a: Caller) -> None:
    for form in ("parquet", "delta"):
        answer = body_a.query(**{"delta-sharing-capabilities": f"responseformat={form}"})
        assert not any(word in answer.text for word in ("minValues", "maxValues", "nullCount"))
        for file in files(answer):
            stats = file.get("stats") or file["deltaSingleAction"]["add"]["stats"]
            assert json.loads(stats) == {"numRecords": 20}


def test_metadata_is_the_same_with_or_without_the_files(body_a: Caller) -> None:
    assert body_a.get(f"{TABLE}/metadata").text.splitlines() == body_a.query().text.splitlines()[:2]


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        ("responseformat=delta,parquet;readerfeatures=deletionvectors", "parquet"),
        ("ResponseFormat=Parquet", "parquet"),
        ("responseformat=delta", "delta"),
        ("readerfeatures=columnmapping", "parquet"),
        ("asyncquery=true;includeendstreamaction=true", "parquet"),
    ],
)
def test_the_format_used_is_echoed(body_a: Caller, asked: str, form: str) -> None:
    answer = body_a.query(**{"delta-sharing-capabilities": asked})
    assert answer.headers["delta-sharing-capabilities"] == f"responseformat={form}"
    assert ("deltaProtocol" in answer.text) is (form == "delta")


def test_an_unknown_format_is_refused(body_a: Caller) -> None:
    answer = body_a.query(**{"delta-sharing-capabilities": "responseformat=csv"})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_PARAMETER_VALUE")


def test_names_are_case_insensitive(body_a: Caller) -> None:
    assert files(
        body_a.query(
            TABLE.upper()
            .replace("/DELTA-SHARING/SHARES", "/delta-sharing/shares")
            .replace("/SCHEMAS/", "/schemas/")
            .replace("/TABLES/", "/tables/")
        )
    )


def _equal(column: str, value: str) -> dict[str, Any]:
    children = [
        {"op": "column", "name": column, "valueType": "string"},
        {"op": "literal", "value": value, "valueType": "string"},
    ]
    return {"op": "equal", "children": children}


def test_a_predicate_on_the_source_leaves_out_files_and_adds_none(shared: Home, body_a: Caller) -> None:
    for value, kept in (("laws", {"laws"}), ("wiki", set())):
        answer = body_a.query(body={"jsonPredicateHints": json.dumps(_equal("source", value))})
        assert sources(answer, shared) == kept
    assert len(files(body_a.query(body={"jsonPredicateHints": "{not json"}))) == 6


@pytest.mark.parametrize(("limit", "count"), [(0, 0), (1, 1), (20, 1), (21, 2), (10_000, 6)])
def test_a_limit_gives_as_many_files_as_hold_it(body_a: Caller, limit: int, count: int) -> None:
    assert len(files(body_a.query(body={"limitHint": limit}))) == count


def test_a_version_can_be_asked_for_by_number_and_by_time(shared: Home, body_a: Caller) -> None:
    shared.release("r2", salt=1000)
    old, new = body_a.query(body={"version": 0}), body_a.query()
    assert [answer.headers["delta-table-version"] for answer in (old, new)] == ["0", "1"]
    assert not {file["id"] for file in files(old)} & {file["id"] for file in files(new)}
    after = files(new)[0]["timestamp"] / 1000
    from datetime import UTC, datetime

    late = datetime.fromtimestamp(after + 1, UTC).isoformat().replace("+00:00", "Z")
    assert body_a.query(body={"timestamp": late}).headers["delta-table-version"] == "1"
    assert body_a.get(f"{TABLE}/version?startingTimestamp=2020-01-01T00:00:00Z").headers["delta-table-version"] == "0"
    assert body_a.get(f"{TABLE}/version").headers["delta-table-version"] == "1"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"version": 7}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ({"version": -1}, 404, "RESOURCE_DOES_NOT_EXIST"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, 400, "INVALID_PARAMETER_VALUE"),
        ({"version": 0, "timestamp": "2030-01-01T00:00:00Z"}, 400, "INVALID_PARAMETER_VALUE"),
        ({"startingVersion": 0}, 400, "INVALID_PARAMETER_VALUE"),
        ({"limitHint": "many"}, 400, "MALFORMED_REQUEST"),
        ({"timestamp": "yesterday"}, 400, "MALFORMED_REQUEST"),
    ],
    ids=str,
)
def test_a_wrong_question_gets_an_error_in_the_protocols_shape(
    body_a: Caller, body: dict[str, Any], status: int, code: str
) -> None:
    answer = body_a.query(body=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.json()["message"]


@pytest.mark.parametrize("table", [f"malmoi/schemas/evaluate/tables/{CORPUS}", "malmoi/schemas/pretrain/tables/secret"])
def test_a_table_without_a_grant_is_refused_whether_it_exists_or_not(body_a: Caller, table: str) -> None:
    answer = body_a.query(f"/delta-sharing/shares/{table}")
    assert (answer.status_code, answer.json()["policies"]) == (403, ["share-no-grant"])
    assert "[share-no-grant]" in answer.json()["message"]


def test_a_revoked_grant_is_refused_by_name(shared: Home, body_a: Caller) -> None:
    for grant in shared.store.grants.of(("team-a", "body-a")):
        shared.store.grants.revoke(grant.number, at=NOW, by="kim", because="left")
    answer = body_a.query()
    assert answer.status_code == 403
    # The reviews are refused for a second reason, which is said as well.
    assert set(answer.json()["policies"]) == {"share-grant-revoked", "share-no-grant", "share-commercial"}
    assert "the grant was revoked [share-grant-revoked]" in answer.json()["message"]
    assert body_a.get("/delta-sharing/shares").json()["items"] == []


def test_only_active_shards_are_listed(shared: Home, body_a: Caller) -> None:
    first = next(shard for shard in home_shards(shared) if shard.source == "laws")
    change = StateChange(CORPUS, "laws", "quarantined", "found", first.path)
    shared.store.sources.set_state(change, at=NOW, by="kim")
    shared.store.sources.set_state(StateChange(CORPUS, "petitions", "suspended", "request"), at=NOW, by="kim")
    assert sources(body_a.query(), shared) == {"laws", "calls"}
    assert len(files(body_a.query())) == 3


def test_links_are_made_under_the_address_that_recipients_use(shared: Home) -> None:
    caller = Caller(shared, "body-a", base_url="https://share.example.kr/")
    assert all(
        file["url"].startswith("https://share.example.kr/delta-sharing/files/") for file in files(caller.query())
    )


def test_a_manifest_proves_the_callers_shards_and_names_no_other(shared: Home, body_a: Caller) -> None:
    answer = body_a.get(f"{TABLE}/manifest").json()
    assert {entry["source"] for entry in answer["shards"]} == {"laws", "petitions", "calls"}
    assert all(entry["proof"]["path"] for entry in answer["shards"])
    assert "reviews" not in json.dumps(answer)
    assert "wiki" not in json.dumps(answer)
    assert answer["releaseId"] == "r1"
    assert "저작권법 제7조" in answer["attribution"]
