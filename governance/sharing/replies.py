"""How the server answers: JSON pages, lines of actions, and refusals that say which policy and why."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from governance.records.errors import BusyError, ConfigError, MalmoiError, NotFoundError, RefusedError
from governance.sharing.callers import LOCKED
from governance.sharing.files import RangeError

JSON_TYPE = "application/json; charset=utf-8"
LINES_TYPE = "application/x-ndjson; charset=utf-8"
VERSION_HEADER = "delta-table-version"
CAPABILITIES_HEADER = "delta-sharing-capabilities"
_AUTH = "auth-"


def page(items: Sequence[dict[str, Any]], max_results: int | None, page_token: str | None) -> dict[str, Any]:
    """One page of items that have a `name`, sorted by the caller; `nextPageToken` while there are more.

    Raises:
        ConfigError: a negative size, or a token that is none of ours.
    """
    if max_results is not None and max_results < 0:
        raise ConfigError("maxResults: 0 or more")
    start = _start(page_token, len(items)) if page_token else 0
    end = len(items) if max_results is None else min(start + max_results, len(items))
    more = {"nextPageToken": _page_token(end)} if end < len(items) else {}
    return {"items": list(items[start:end]), **more}


def _page_token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _start(token: str, size: int) -> int:
    try:
        kind, _, start = base64.urlsafe_b64decode(token.encode()).decode("ascii").partition(":")
        if kind == "from" and 0 <= int(start) <= size:
            return int(start)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        pass
    raise ConfigError("pageToken: not one that this server gave")


def lines(actions: Sequence[dict[str, Any]], version: int, response_format: str) -> Response:
    """Actions as NDJSON, with the table's version and the format that was used in the headers."""
    body = "".join(json.dumps(action, ensure_ascii=False, separators=(",", ":")) + "\n" for action in actions)
    headers = {VERSION_HEADER: str(version), CAPABILITIES_HEADER: f"responseformat={response_format}"}
    return Response(body, media_type=LINES_TYPE, headers=headers)


def refusal(error: MalmoiError) -> JSONResponse:
    """An error in the protocol's shape. Beside `errorCode` and `message`, `policies` are the ids that decided."""
    status, code = _status(error)
    policies = list(error.policies) if isinstance(error, RefusedError) else []
    message = str(error) if status < 500 else "the server could not answer; the event log says why"
    if policies and not any(f"[{policy}]" in message for policy in policies):
        message = f"{message} [{', '.join(policies)}]"
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, RangeError):
        headers["content-range"] = f"bytes */{error.size}"
    return JSONResponse({"errorCode": code, "message": message, "policies": policies}, status, headers)


def _status(error: MalmoiError) -> tuple[int, str]:
    if isinstance(error, RefusedError):
        if LOCKED in error.policies or not any(policy.startswith(_AUTH) for policy in error.policies):
            return 403, "PERMISSION_DENIED"
        return 401, "UNAUTHENTICATED"
    if isinstance(error, NotFoundError):
        return 404, "RESOURCE_DOES_NOT_EXIST"
    if isinstance(error, RangeError):
        return 416, "INVALID_PARAMETER_VALUE"
    if isinstance(error, ConfigError):
        return 400, "INVALID_PARAMETER_VALUE"
    return (503, "TEMPORARILY_UNAVAILABLE") if isinstance(error, BusyError) else (500, "INTERNAL_ERROR")
