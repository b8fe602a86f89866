"""Reading a profile file, and the connection it describes. The token is in no repr and no message."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from governance.records.errors import ConfigError, MalmoiError, NotFoundError, RefusedError

_TIMEOUT = httpx.Timeout(30.0, read=120.0)


@dataclass(frozen=True)
class ClientProfile:
    """Where the server is and how we prove ourselves."""

    endpoint: str
    bearer: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> ClientProfile:
        """Reads a profile file (Delta Sharing, version 1).

        Raises:
            ConfigError: not a profile, another version, or an endpoint that would send the token in the clear.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"{path}: no such profile; it is the file that the officers gave you") from None
        except (ValueError, UnicodeDecodeError):
            raise ConfigError(f"{path}: not a profile file (JSON)") from None
        keys = ("shareCredentialsVersion", "endpoint", "bearerToken")
        missing = [key for key in keys if not isinstance(data, dict) or not data.get(key)]
        if missing:
            raise ConfigError(f"{path}: not a profile file: {', '.join(missing)} missing")
        if data["shareCredentialsVersion"] != 1:
            raise ConfigError(f"{path}: profile version {data['shareCredentialsVersion']}; this client reads version 1")
        return cls(_safe_endpoint(str(data["endpoint"]), path), str(data["bearerToken"]))


def _safe_endpoint(endpoint: str, path: Path) -> str:
    url = httpx.URL(endpoint)
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise ConfigError(f"{path}: the endpoint must be https, or the token would travel in the clear")
    return endpoint.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Connection:
    """Requests to one server, with its refusals as our errors."""

    def __init__(self, profile: ClientProfile) -> None:
        headers = {"authorization": f"Bearer {profile.bearer}", "accept-encoding": "identity"}
        self.http = httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=False)
        self.endpoint = profile.endpoint

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path below the endpoint.

        Raises:
            RefusedError, NotFoundError, ConfigError, MalmoiError: what the server says.
        """
        given = {key: value for key, value in query.items() if value is not None}
        response = self.http.get(f"{self.endpoint}/{path}", params=given)
        require_ok(response)
        return response.json()


def require_ok(response: httpx.Response) -> None:
    """Turns an answer of 400 and up into the error it stands for; the body of a streamed one is read first.

    Raises:
        RefusedError: 401 or 403, with the server's policy ids.
        NotFoundError: 404.
        ConfigError: 400.
        MalmoiError: anything else.
    """
    if response.status_code < 300:
        return
    response.read()
    message, policies = _said(response)
    if response.status_code in (401, 403):
        raise RefusedError(message, policies)
    if response.status_code == 404:
        raise NotFoundError(message)
    raise ConfigError(message) if response.status_code == 400 else MalmoiError(message)


def _said(response: httpx.Response) -> tuple[str, tuple[str, ...]]:
    fallback = f"{response.request.url.host} answered {response.status_code}"
    try:
        body = response.json()
    except ValueError:
        return fallback, ()
    if not isinstance(body, dict):
        return fallback, ()
    policies = body.get("policies")
    named = tuple(str(policy) for policy in policies) if isinstance(policies, list) else ()
    return str(body.get("message") or fallback), named
