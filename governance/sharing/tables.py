"""Routes of one table: version, metadata, snapshot, manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from governance.entitlements import Shard
from governance.records.errors import ConfigError
from governance.sharing.actions import Located, file_action, head_actions
from governance.sharing.callers import Caller
from governance.sharing.catalogue import TableVersion
from governance.sharing.dependencies import TABLE, CallerOf, DeskOf, FormatOf, TableOf
from governance.sharing.desk import Desk, TableName, When
from governance.sharing.links import FileName, sign_link
from governance.sharing.predicates import limited, may_match
from governance.sharing.record import recorded
from governance.sharing.replies import VERSION_HEADER, lines

TABLES = APIRouter()


class QueryBody(BaseModel):
    """What a client sends to read a table. Keys that we do not know are hints, and may be left aside."""

    model_config = ConfigDict(extra="ignore")

    limit_hint: int | None = Field(default=None, alias="limitHint")
    json_predicate_hints: str | None = Field(default=None, alias="jsonPredicateHints")
    version: int | None = None
    timestamp: datetime | None = None
    starting_version: int | None = Field(default=None, alias="startingVersion")


async def _when(version: int | None = None, timestamp: datetime | None = None) -> When:
    return When(version, _aware(timestamp))


WhenOf = Annotated[When, Depends(_when)]


def _aware(moment: datetime | None) -> datetime | None:
    """The protocol's timestamps are UTC; one without a zone is read as that."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


@TABLES.get(f"{TABLE}/version")
def table_version(
    desk: DeskOf,
    caller: CallerOf,
    name: TableOf,
    starting: Annotated[datetime | None, Query(alias="startingTimestamp")] = None,
) -> Response:
    """The newest version, or the first one from a moment on."""
    with recorded(desk.settings, caller, "share.version", name.subject):
        found = desk.find_version(caller, name, When(None, _aware(starting)), earliest_after=True)
    return Response(headers={VERSION_HEADER: str(found.number)})


@TABLES.get(f"{TABLE}/metadata")
def table_metadata(desk: DeskOf, caller: CallerOf, name: TableOf, when: WhenOf, form: FormatOf) -> Response:
    """Protocol and schema, with the size of what the caller may have."""
    with recorded(desk.settings, caller, "share.metadata", name.subject):
        snapshot = desk.snapshot(caller, name, when)
    shards = [shard for shard, _ in snapshot.shards]
    return lines(head_actions(snapshot.version, shards, form), snapshot.version.number, form)


@TABLES.post(f"{TABLE}/query")
def query_table(
    request: Request, desk: DeskOf, caller: CallerOf, name: TableOf, form: FormatOf, body: QueryBody
) -> Response:
    """The caller's shards of a version, each with a link."""
    if body.starting_version is not None:
        raise ConfigError("startingVersion: changes are not shared, whole versions are")
    with recorded(desk.settings, caller, "share.query", name.subject) as note:
        snapshot = desk.snapshot(caller, name, When(body.version, _aware(body.timestamp)))
        matching = [shard for shard, _ in snapshot.shards if may_match(body.json_predicate_hints, shard)]
        shards = limited(matching, body.limit_hint)
        note.subjects.append(f"release:{snapshot.version.release_id}")
        listed = {shard.path for shard in shards}
        note.handed((shard, decision) for shard, decision in snapshot.shards if shard.path in listed)
    located = _Links(desk, request, caller, name).of(snapshot.version, shards)
    actions = head_actions(snapshot.version, [shard for shard, _ in snapshot.shards], form)
    actions += [file_action(snapshot.version, one, form) for one in located]
    return lines(actions, snapshot.version.number, form)


@TABLES.get(f"{TABLE}/manifest")
def table_manifest(desk: DeskOf, caller: CallerOf, name: TableOf, when: WhenOf) -> dict[str, Any]:
    """The signed root of the release, the caller's proofs, and whom to name."""
    with recorded(desk.settings, caller, "share.manifest", name.subject):
        return desk.manifest(name, desk.snapshot(caller, name, when))


class _Links:
    """Makes links for one caller and table."""

    def __init__(self, desk: Desk, request: Request, caller: Caller, name: TableName) -> None:
        self._settings, self._caller, self._name = desk.settings, caller, name
        base = desk.settings.base_url or str(request.base_url)
        self._base = f"{base.rstrip('/')}{desk.settings.prefix}/files"
        self._until = min(caller.at + desk.settings.link_for, caller.token.expires_at)

    def of(self, version: TableVersion, shards: list[Shard]) -> list[Located]:
        """Each shard with its URL."""
        until = int(self._until.timestamp()) * 1000
        return [Located(shard, self._url(version, shard), until) for shard in shards]

    def _url(self, version: TableVersion, shard: Shard) -> str:
        file = FileName(self._name.purpose, self._name.corpus, version.number, shard.id)
        link = sign_link(self._settings.link_key, self._caller.token.id, file, self._until)
        return f"{self._base}/{link}/{file.purpose}/{file.corpus}/{file.version}/{file.file_id}.parquet"
