"""Routes to file bytes. Every GET, HEAD and Range is authorised by itself, and recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from governance.records.errors import RefusedError
from governance.sharing.callers import Caller, identify_by_link
from governance.sharing.dependencies import TABLE, DeskOf, TableOf, known_caller, note_failure
from governance.sharing.desk import Desk
from governance.sharing.files import Flow, ShardResponse, parse_range
from governance.sharing.links import FileName

DOWNLOAD = APIRouter()
GET, HEAD = "share.pull", "share.head"
RangeHeader = Annotated[str | None, Header(alias="range")]


@DOWNLOAD.api_route("/files/{link}/{purpose}/{corpus}/{version}/{file_id}.parquet", methods=["GET", "HEAD"])
def linked_file(request: Request, desk: DeskOf, link: str, span: RangeHeader = None) -> Response:
    """A file by the link that `query` gave; clients send no bearer token here."""
    path = request.path_params
    file = FileName(path["purpose"], path["corpus"], _version(path["version"]), path["file_id"])
    try:
        caller = identify_by_link(desk.settings, request, link, file)
    except RefusedError as error:
        note_failure(desk, request, error)
        raise
    return _send(desk, request, caller, file, span)


@DOWNLOAD.api_route(f"{TABLE}/versions/{{version}}/files/{{file_id}}.parquet", methods=["GET", "HEAD"])
def table_file(
    request: Request, desk: DeskOf, name: TableOf, version: int, file_id: str, span: RangeHeader = None
) -> Response:
    """A file by bearer token."""
    caller = known_caller(desk, request)
    return _send(desk, request, caller, FileName(name.purpose, name.corpus, version, file_id), span)


def _version(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 19 else -1


def _send(desk: Desk, request: Request, caller: Caller, file: FileName, span: str | None) -> Response:
    opened = desk.open_file(caller, file, HEAD if request.method == "HEAD" else GET)
    size = opened.path.stat().st_size
    settings = desk.settings
    flow = Flow(
        settings.chunk_bytes,
        settings.recheck_bytes,
        lambda: desk.require_still_allowed(caller, opened.shard, file.purpose),
    )
    return ShardResponse(opened.path, size, opened.shard.id, parse_range(span, size), flow)
