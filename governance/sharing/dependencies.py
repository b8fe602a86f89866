"""What routes ask for: the desk, the caller, the table, the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request

from governance.records.errors import NotFoundError, RefusedError
from governance.sharing.actions import response_format
from governance.sharing.callers import Caller, address_of, count_failure, identify
from governance.sharing.desk import Desk, TableName
from governance.sharing.record import record_failure
from governance.sharing.replies import page

TABLE = "/shares/{share}/schemas/{schema}/tables/{table}"


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(_desk)]


def known_caller(desk: Desk, request: Request) -> Caller:
    """Who calls, by bearer token; a failed attempt is counted and recorded.

    Raises:
        RefusedError: nobody we know.
    """
    try:
        return identify(desk.settings, request)
    except RefusedError as error:
        note_failure(desk, request, error)
        raise


def note_failure(desk: Desk, request: Request, error: RefusedError) -> None:
    """Counts and records an attempt that proved nobody."""
    count_failure(desk.settings, address_of(request), error)
    record_failure(desk.settings, address_of(request), error)


def _caller(request: Request, desk: DeskOf) -> Caller:
    return known_caller(desk, request)


CallerOf = Annotated[Caller, Depends(_caller)]


async def _table(desk: DeskOf, share: str, schema: str, table: str) -> TableName:
    require_share(desk, share)
    return TableName(desk.settings.share, schema.lower(), table.lower())


TableOf = Annotated[TableName, Depends(_table)]


def require_share(desk: Desk, share: str) -> None:
    """Names are case-insensitive in the protocol.

    Raises:
        NotFoundError: another share than ours.
    """
    if share.lower() != desk.settings.share:
        raise NotFoundError(f"no share {share[:63]!r}")


@dataclass(frozen=True)
class Paging:
    """Which part of a list is asked for."""

    max_results: int | None
    page_token: str | None

    def cut(self, items: list[dict[str, str]]) -> dict[str, Any]:
        """The page."""
        return page(items, self.max_results, self.page_token)


async def _paging(
    max_results: Annotated[int | None, Query(alias="maxResults")] = None,
    page_token: Annotated[str | None, Query(alias="pageToken")] = None,
) -> Paging:
    return Paging(max_results, page_token)


PagingOf = Annotated[Paging, Depends(_paging)]


async def _format(capabilities: Annotated[str | None, Header(alias="delta-sharing-capabilities")] = None) -> str:
    return response_format(capabilities)


FormatOf = Annotated[str, Depends(_format)]
