"""`malmoi pii view | found | rewrite | clear`: personal information in what was released."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from governance.events import Event, EventLog
from governance.gates import Officer
from governance.keys import KeyStore
from governance.records.errors import ConfigError
from governance.records.settings import nearest
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show, show_fields
from pipelines.home import Home

DocumentArgument = Annotated[str, typer.Argument(help="doc_id, as `malmoi trace` shows it.", show_default=False)]
OfficerOption = Annotated[str | None, typer.Option("--officer", help="Who orders it (default: your account).")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (view, found, rewrite, clear):
        app.command(command.__name__)(command)


def view(
    document: DocumentArgument,
    html: Annotated[Path, typer.Option("--html", help="Write the page here, for your eyes only.", show_default=False)],
    officer: OfficerOption = None,
    home: HomeOption = None,
) -> None:
    """Show a document before and after, findings marked: a page with personal data in it; it is logged."""
    from pipelines.pages import write_page
    from pipelines.pii.showing import show_document

    place = Home.of(home)
    page = show_document(place, KeyStore.open(place.keys), document)
    event = Event(_now(), officer or getpass.getuser(), "pii.view", subjects=(f"doc:{document}",), documents=1)
    EventLog(place.events).append(event)
    write_page(html, page)
    console.print(f"{html}: holds personal data; delete it after the review", highlight=False, soft_wrap=True)


def found(
    document: Annotated[
        str | None, typer.Argument(help="doc_id; without one, open discoveries are listed.", show_default=False)
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="What was found.")] = "name",
    span: Annotated[
        str | None, typer.Option("--span", help="START:END, code points of the released text; never the value.")
    ] = None,
    field: Annotated[str, typer.Option("--field", help="text, title, url or author.")] = "text",
    officer: OfficerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report personal data found in a release: its shards are served no more, and who has them is listed."""
    from pipelines.discovering import Discovery, discover, open_discoveries, require_span

    place = Home.of(home)
    keys = KeyStore.open(place.keys)
    if document is None:
        known = [asdict(one) | {"discovery": one.name} for one in open_discoveries(place, keys)]
        columns = ["discovery", "doc_id", "kind", "field", "span", "by", "at"]
        emit(known) if as_json else show("Open discoveries", columns, [[one[c] for c in columns] for one in known])
        return
    wanted = Discovery(document, _kind(kind), _now(), officer or getpass.getuser(), field, _span(span))
    require_span(place, wanted)
    stopped = discover(place, keys, wanted)
    if as_json:
        emit(stopped.record())
        return
    show(f"{wanted.name}: not served any more", ["corpus", "shard"], stopped.shards)
    rows = [(name, len(shards)) for name, shards in stopped.recipients.items()]
    show("Recipients to tell: they hold one of these shards", ["recipient", "shards"], rows)
    follow = f"malmoi pii rewrite {wanted.name}" if span else f"malmoi erase {document}"
    console.print(f"next: {follow} --basis …, or malmoi pii clear SHARD where nothing was there", highlight=False)


def rewrite(
    discovery: Annotated[str, typer.Argument(help="Id of an open discovery with a span.", show_default=False)],
    basis: Annotated[str, typer.Option(help="Ground: number of a request, statute or order.")] = "",
    officer: OfficerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Destroy what was discovered, staged and released, as a new version; its shard is served again."""
    from pipelines.discovering import find_discovery
    from pipelines.scrubbing import scrub

    place = Home.of(home)
    keys = KeyStore.open(place.keys)
    who = Officer(officer or getpass.getuser())
    done = scrub(place, keys, find_discovery(place, keys, discovery), basis=basis, officer=who, at=_now())
    if as_json:
        emit(asdict(done))
        return
    show_fields(f"Rewrote {len(done.documents)} documents", {"closed": done.discovery, "staged rows": done.staged_rows})
    rows = [(r["corpus"], r["release"], r["version"]) for r in done.releases]
    show("New versions", ["corpus", "release", "version"], rows)


def clear(
    shard: Annotated[str, typer.Argument(help="Path of a quarantined shard.", show_default=False)],
    basis: Annotated[str, typer.Option(help="Why nothing personal is there: number of the review.")] = "",
    officer: OfficerOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a quarantined shard again: the finding was none."""
    from pipelines import discovering

    if not basis.strip():
        raise ConfigError("--basis: without the number of a review a quarantine is not lifted")
    place = Home.of(home)
    by = officer or getpass.getuser()
    closed = discovering.clear(place, KeyStore.open(place.keys), shard, basis=basis, at=_now(), by=by)
    if as_json:
        emit({"shard": shard, "closed": closed})
    else:
        console.print(f"{shard} is served again; closed: {', '.join(closed) or 'none'}", highlight=False)


def _now() -> datetime:
    return datetime.now(UTC)


def _kind(given: str) -> str:
    from transforms.pii.kinds import Kind

    if given not in list(Kind):
        raise ConfigError(f"--kind {given}: unknown{nearest(given, [kind.value for kind in Kind])}")
    return given


def _span(given: str | None) -> tuple[int, int] | None:
    if given is None:
        return None
    start, _, end = given.partition(":")
    if not (start.isdecimal() and end.isdecimal()):
        raise ConfigError(f"--span {given[:20]}: two whole numbers as 12:25, code points of the released field")
    return int(start), int(end)
