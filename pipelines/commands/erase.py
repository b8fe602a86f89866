"""`malmoi erase`: a document, or a whole source, leaves every zone and stays out."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from governance.gates import Officer
from governance.keys import KeyStore
from governance.records.errors import ConfigError
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show, show_fields
from pipelines.erasing import Order, carry_out, known_ids
from pipelines.home import Home


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("erase")(erase)


def erase(
    document: Annotated[
        str | None, typer.Argument(help="doc_id, as `malmoi trace` shows it.", show_default=False)
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Every document of this source.")] = None,
    basis: Annotated[
        str, typer.Option(help="Ground: number of a request, statute or order; without one it is refused.")
    ] = "",
    officer: Annotated[str | None, typer.Option(help="Who orders it (default: your account).")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase: tombstone, shards rewritten, old files deleted, staged rows nulled, queue purged, recipients named."""
    if (document is None) == (source is None):
        raise ConfigError("name either a doc_id or --source NAME")
    place, keys = Home.of(home), KeyStore.open(Home.of(home).keys)
    ids = known_ids(place, keys, document=document, source=source)
    order = Order(ids, source, basis, Officer(officer or getpass.getuser()), datetime.now(UTC))
    if not yes and not as_json:
        typer.confirm(f"erase {len(order.doc_ids)} documents for good?", abort=True)
    certificate = carry_out(place, keys, order)
    if as_json:
        emit(asdict(certificate))
        return
    fields = {
        name: getattr(certificate, name) for name in ("erasure", "basis", "officer", "at", "staged_rows", "queue_tasks")
    }
    show_fields(f"Erased {len(certificate.documents)} documents", fields)
    show(
        "New versions",
        ["corpus", "release", "version"],
        [(r["corpus"], r["release"], r["version"]) for r in certificate.releases],
    )
    show(
        "Recipients to tell",
        ["recipient", "shards"],
        [(name, len(shards)) for name, shards in certificate.recipients.items()],
    )
    console.print(
        f"certificate: {place.state / 'erasures' / (certificate.erasure + '.dsse.json')}",
        highlight=False,
        soft_wrap=True,
    )
