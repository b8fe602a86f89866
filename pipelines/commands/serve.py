"""`malmoi serve`: Delta Sharing and the labelling page on one address, loopback unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from pipelines.commands.output import HomeOption, console
from pipelines.home import Home


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; put TLS in front of anything but loopback.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.")] = 8000,
    base_url: Annotated[
        str | None, typer.Option(help="What recipients reach the server under, if not this address.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve shares to consortia (Delta Sharing) and tasks to labellers (/label)."""
    import uvicorn

    from pipelines.serving import create_server

    app = create_server(Home.of(home), lambda: datetime.now(UTC), base_url)
    console.print(
        f"shares:  http://{host}:{port}/delta-sharing/   labelling: http://{host}:{port}/label/",
        highlight=False,
        soft_wrap=True,
    )
    # The access log would hold addresses beside links; the event log keeps what the law asks.
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)
