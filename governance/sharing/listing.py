"""Routes that list: shares, schemas (purposes), tables (corpora)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from governance.records.errors import NotFoundError
from governance.sharing.callers import Caller
from governance.sharing.dependencies import CallerOf, DeskOf, PagingOf, require_share
from governance.sharing.desk import Desk, TableName
from governance.sharing.record import recorded
from governance.store.grants import Grant

LISTING = APIRouter()


def _tables(desk: Desk, caller: Caller, share: str | None = None) -> list[TableName]:
    with recorded(desk.settings, caller, "share.list"):
        if share is not None:
            require_share(desk, share)
        return desk.tables(caller)


@LISTING.get("/shares")
def list_shares(desk: DeskOf, caller: CallerOf, paging: PagingOf) -> dict[str, Any]:
    """The one share, when a grant opens anything in it."""
    names = sorted({name.share for name in _tables(desk, caller)})
    return paging.cut([{"name": name, "id": name} for name in names])


@LISTING.get("/shares/{share}")
def get_share(desk: DeskOf, caller: CallerOf, share: str) -> dict[str, Any]:
    """The share."""
    if not _tables(desk, caller, share):
        raise NotFoundError("no grant is in force, so there is no share to see")
    return {"share": {"name": desk.settings.share, "id": desk.settings.share}}


@LISTING.get("/shares/{share}/schemas")
def list_schemas(desk: DeskOf, caller: CallerOf, paging: PagingOf, share: str) -> dict[str, Any]:
    """Purposes the caller has grants for."""
    purposes = sorted({name.purpose for name in _tables(desk, caller, share)})
    return paging.cut([{"name": purpose, "share": desk.settings.share} for purpose in purposes])


@LISTING.get("/shares/{share}/schemas/{schema}/tables")
def list_tables(desk: DeskOf, caller: CallerOf, paging: PagingOf, share: str, schema: str) -> dict[str, Any]:
    """Corpora the caller has grants on for a purpose."""
    return paging.cut([_json(name) for name in _tables(desk, caller, share) if name.purpose == schema.lower()])


@LISTING.get("/shares/{share}/all-tables")
def list_all_tables(desk: DeskOf, caller: CallerOf, paging: PagingOf, share: str) -> dict[str, Any]:
    """Every table the caller has a grant on."""
    return paging.cut([_json(name) for name in _tables(desk, caller, share)])


@LISTING.get("/grants")
def list_grants(desk: DeskOf, caller: CallerOf) -> dict[str, Any]:
    """The caller's own grants, ended ones included, so that a client can say why a table is gone."""
    with recorded(desk.settings, caller, "share.list"):
        found = desk.grants(caller)
    return {"items": [_grant_json(grant, name, state) for grant, name, state in found]}


def _grant_json(grant: Grant, name: TableName, state: str) -> dict[str, Any]:
    days = {"validFrom": grant.valid_from.isoformat(), "validUntil": grant.valid_until.isoformat()}
    return {"id": grant.id, "table": _json(name), "state": state, **days}


def _json(name: TableName) -> dict[str, str]:
    return {"name": name.corpus, "schema": name.purpose, "share": name.share}
