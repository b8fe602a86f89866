"""HTTP for the labellers' door: one shape of error body, headers that keep texts out of caches and scripts out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from governance.records.errors import ConfigError, MalmoiError, NotFoundError, RefusedError
from labeling.attempts import LockedOutError
from labeling.errors import AnsweredError, AnswerError, PulledError, StaleLeaseError, TakenError, TokenError

# Error → (HTTP status, code). The first that fits counts; an error that is not here is the server's own fault.
ANSWERS: tuple[tuple[type[MalmoiError], int, str], ...] = (
    (TokenError, 401, TokenError.code),
    (LockedOutError, 429, LockedOutError.code),
    (RefusedError, 403, "refused"),
    (NotFoundError, 404, "not_found"),
    (StaleLeaseError, 409, StaleLeaseError.code),
    (AnsweredError, 409, AnsweredError.code),
    (TakenError, 409, TakenError.code),
    (PulledError, 410, PulledError.code),
    (AnswerError, 422, AnswerError.code),
    (ConfigError, 422, "bad_request"),
)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def error_response(status: int, code: str, message: str, policies: tuple[str, ...] = ()) -> JSONResponse:
    """`{"error": {"code", "message", "policies"}}`."""
    return JSONResponse({"error": {"code": code, "message": message, "policies": list(policies)}}, status)


def _answer(error: MalmoiError) -> JSONResponse | None:
    for kind, status, code in ANSWERS:
        if isinstance(error, kind):
            return error_response(status, code, str(error), error.policies if isinstance(error, RefusedError) else ())
    return None


class Answering(APIRoute):
    """A route whose refusals are JSON bodies and whose every response carries `HEADERS`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wraps the handler that FastAPI makes."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except MalmoiError as error:
                refused = _answer(error)
                if refused is None:
                    raise
                response = refused
            except RequestValidationError as error:
                # What was sent is not repeated: a mistyped token or a pasted text must not travel back into a log.
                places = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
                response = error_response(422, "bad_request", f"missing or malformed: {', '.join(places)}")
            response.headers.update(HEADERS)
            return response

        return answer
