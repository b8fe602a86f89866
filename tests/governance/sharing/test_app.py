"""The application: every error in the protocol's shape, nothing of the inside in any."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from governance.sharing.app import create_app
from tests.governance.sharing.conftest import Home


@pytest.fixture
def http(home: Home) -> TestClient:
    return TestClient(create_app(home.settings()), raise_server_exceptions=False, client=("192.0.2.7", 50000))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "/docs", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "/openapi.json", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("DELETE", "/delta-sharing/shares", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/delta-sharing/shares", 401, "UNAUTHENTICATED"),
        ("POST", "/delta-sharing/shares/malmoi/schemas/pretrain/tables/x/query", 401, "UNAUTHENTICATED"),
    ],
)
def test_errors_have_the_protocols_shape(http: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert set(answer.json()) == {"errorCode", "message", "policies"}


def test_an_unexpected_failure_shows_nothing_of_itself(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("geheim")

    http = TestClient(create_app(home.settings()), raise_server_exceptions=False)
    home.recipient("team-a")
    monkeypatch.setattr(type(home.store.grants), "of", fail)
    answer = http.get("/delta-sharing/shares", headers={"authorization": f"Bearer {home.bearer('team-a')}"})
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "INTERNAL_ERROR")
    assert "geheim" not in answer.text
