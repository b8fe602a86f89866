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
    """List names and public ids of the keys."""
    keys = KeyStore.open(Home.of(home).keys)
    rows = [(name, keys.key_id(name)) for name in keys.names()]
    emit([{"name": name, "id": key_id} for name, key_id in rows]) if as_json else show(
        "Keys", ["name", "public id"], rows
    )
