"""`malmoi purge | gc`: what ends its time goes, and what nothing refers to goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from governance.events import Event, EventLog
from governance.keys import KeyStore
from pipelines.collecting import collect_garbage
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show
from pipelines.home import Home
from pipelines.purging import purge as purge_zones


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("purge")(purge)
    app.command("gc")(gc)


def purge(
    everything: Annotated[bool, typer.Option("--all", help="Every restricted zone, whatever its end date.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Destroy restricted zones past their end date: the key first, then the files."""
    place, now = Home.of(home), datetime.now(UTC)
    gone = purge_zones(place, KeyStore.open(place.keys), now.date(), everything=everything)
    if gone:
        subjects = tuple(f"zone:{zone.name}" for zone in gone)
        EventLog(place.events).append(Event(now, "operator", "zone.purge", subjects=subjects))
    if as_json:
        emit([vars(zone) for zone in gone])
    else:
        show("Purged", ["zone", "source", "end date"], [(z.name, z.source, z.expires) for z in gone])


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete shards and release directories that no version names, and what killed runs left behind."""
    found = collect_garbage(Home.of(home), dry_run=dry_run)
    if as_json:
        emit(found)
        return
    verb = "would delete" if dry_run else "deleted"
    console.print(f"{verb} {len(found['files'])} files, {found['bytes'] / 1e6:.1f} MB", highlight=False)
