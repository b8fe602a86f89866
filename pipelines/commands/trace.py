"""`malmoi trace`: where a document came from, what was decided on it, where it is, and who has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from governance.events import Event, EventLog
from governance.keys import KeyStore
from governance.records.errors import NotFoundError
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show, show_fields
from pipelines.home import Home
from pipelines.tracing import trace_document


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("trace")(trace)


def trace(
    document: Annotated[str, typer.Argument(help="doc_id, or the id its source gave it.", show_default=False)],
    show_text: Annotated[
        bool, typer.Option("--show", help="Also show the released (protected) text; it is logged.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trace a document: source, item, every decision, shard and row or why not, and who pulled it."""
    place = Home.of(home)
    keys = KeyStore.open(place.keys)
    found = trace_document(place, keys, document, with_text=show_text)
    if not found:
        raise NotFoundError(f"no document has this id in {place.root}; a doc_id has 26 letters and digits")
    if show_text:
        subjects = tuple(f"doc:{one['doc_id']}" for one in found)
        EventLog(place.events).append(
            Event(datetime.now(UTC), "operator", "trace.show", subjects=subjects, documents=len(found))
        )
    if as_json:
        emit(found)
        return
    for one in found:
        _show(one)


def _show(one: dict[str, Any]) -> None:
    show_fields(one["doc_id"], {k: one.get(k) for k in ("source", "item", "native_id", "offset", "state")})
    columns = ["release", "stage", "rule", "outcome", "measured", "bound", "related"]
    show("Decisions", columns, [[_short(d.get(c)) for c in columns] for d in one["decisions"]])
    show("Released in", ["release", "shard", "row"], [(p["release"], p["shard"], p["row"]) for p in one["places"]])
    show(
        "Pulled by",
        ["recipient", "at", "grants"],
        [(p["recipient"], p["first_at"], ", ".join(p["grants"])) for p in one["pulls"]],
    )
    if one.get("text"):
        console.print(one["text"], markup=False, highlight=False)


def _short(value: Any) -> Any:
    """A measure to four digits; `--json` has them all."""
    return f"{value:.4g}" if isinstance(value, float) else value
