"""`malmoi keys`: the public half of the signing key, and the names of the keys there are."""

from __future__ import annotations

import typer

from governance.keys import KeyStore
from pipelines.commands.output import HomeOption, JsonOption, emit, show
from pipelines.home import Home

app = typer.Typer(no_args_is_help=True)


def register(main: typer.Typer) -> None:
    """Adds the sub-app."""
    main.add_typer(app, name="keys", help="Public key for verifiers; names of the keys (never the keys).")


@app.command()
def public(home: HomeOption = None) -> None:
    """Print the public key (PEM) that verifies our releases."""
    place = Home.of(home)
    typer.echo(KeyStore.open(place.keys, create=True).public_pem.decode(), nl=False)


@app.command("list")
def list_keys(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List names and public ids of the keys; of those of pseudonyms, whose they are and of which epoch."""
    keys = KeyStore.open(Home.of(home).keys)
    rows = [{"name": name, "id": keys.key_id(name), **_epoch(name)} for name in keys.names()]
    if as_json:
        emit(rows)
    else:
        show("Keys", ["name", "public id", "source", "epoch"], [list(row.values()) for row in rows])


def _epoch(name: str) -> dict[str, str | None]:
    """Source and epoch of a pseudonym key: another epoch makes pseudonyms that nothing links to the earlier ones."""
    kind, *rest = name.split("/")
    source, epoch = rest if kind == "pseudonym" and len(rest) == 2 else (None, None)
    return {"source": source, "epoch": epoch}
