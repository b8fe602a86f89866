"""Tables at a server, and how a short name finds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from governance.records.errors import MalmoiError, NotFoundError
from governance.records.settings import nearest
from governance.sharing.profile import Connection


def reachable(ask: Callable[[], Any]) -> Any:
    """What `ask` gives.

    Raises:
        MalmoiError: the server cannot be reached.
    """
    try:
        return ask()
    except httpx.TransportError as error:
        raise MalmoiError(f"the server cannot be reached ({type(error).__name__}); run the same pull again") from error


@dataclass(frozen=True)
class RemoteTable:
    """A table's name at the server."""

    share: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.share}.{self.schema}.{self.table}"


def find_table(connection: Connection, given: str) -> RemoteTable:
    """The table that a name, or the end of one, means.

    Raises:
        NotFoundError: none, or several.
    """
    parts = given.split(".")
    if len(parts) == 3:
        return RemoteTable(*parts)
    known = reachable(lambda: _tables(connection))
    matches = [name for name in known if str(name).split(".")[-len(parts) :] == parts]
    if len(matches) == 1:
        return matches[0]
    names, hint = ", ".join(map(str, matches)) or "none", nearest(parts[-1], (name.table for name in known))
    raise NotFoundError(f"table {given!r}: {names} of your tables{hint}; write share.purpose.corpus")


def _tables(connection: Connection) -> list[RemoteTable]:
    """Tables that any grant names, ended ones too: asking for such a table says which policy refuses."""
    tables = [item["table"] for item in connection.get("grants")["items"]]
    return sorted({RemoteTable(table["share"], table["schema"], table["name"]) for table in tables}, key=str)


def table_path(name: RemoteTable) -> str:
    """Path of a table below the endpoint."""
    return f"shares/{name.share}/schemas/{name.schema}/tables/{name.table}"
