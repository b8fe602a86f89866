"""The sharing server: Delta Sharing over FastAPI, and endpoints of our own.

{prefix}/shares … /query                          the protocol; the schema of a table is the purpose of its use
{prefix}/files/{link}/{purpose}/{corpus}/{version}/{file_id}.parquet      what `query` hands out
…/tables/{table}/versions/{version}/files/{file_id}.parquet               the same file by bearer token
…/tables/{table}/manifest                         the signed root with the caller's proofs, and whom to name
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from governance.records.errors import MalmoiError
from governance.sharing.desk import Desk
from governance.sharing.download import DOWNLOAD
from governance.sharing.listing import LISTING
from governance.sharing.replies import refusal
from governance.sharing.settings import SharingSettings
from governance.sharing.tables import TABLES

_CODES = {400: "INVALID_PARAMETER_VALUE", 404: "RESOURCE_DOES_NOT_EXIST", 405: "METHOD_NOT_ALLOWED"}


def create_app(settings: SharingSettings) -> FastAPI:
    """The server as an ASGI application. Serve it without an access log: links to files stand in its lines."""
    app = FastAPI(title="Malmoi sharing", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = Desk(settings)
    for router in (LISTING, TABLES, DOWNLOAD):
        app.include_router(router, prefix=settings.prefix)
    add_error_handlers(app)
    return app


def add_error_handlers(app: FastAPI) -> None:
    """Every error leaves in the protocol's shape, and none shows what is inside."""
    app.add_exception_handler(MalmoiError, _malmoi_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def _malmoi_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MalmoiError)
    return refusal(error)


def _malformed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The values stay out of the answer: one of them may be a token in the wrong place.
    places = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
    body = {"errorCode": "MALFORMED_REQUEST", "message": f"not understood: {', '.join(places)}", "policies": []}
    return JSONResponse(body, 400)


def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "INTERNAL_ERROR")
    return JSONResponse({"errorCode": code, "message": str(error.detail), "policies": []}, error.status_code)


def _unexpected(_request: Request, _error: Exception) -> Response:
    body = {"errorCode": "INTERNAL_ERROR", "message": "the server could not answer", "policies": []}
    return JSONResponse(body, 500)
