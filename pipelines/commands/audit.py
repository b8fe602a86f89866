"""`malmoi audit`: pulls, decisions and the event log itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from governance.audit import Wanted, decisions, pulls
from governance.events import EventLog
from governance.records.errors import ConfigError
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show
from pipelines.home import Home

app = typer.Typer(no_args_is_help=True)
RecipientOption = Annotated[str | None, typer.Option(help="Only this recipient.")]
CorpusOption = Annotated[str | None, typer.Option(help="Only this corpus.")]
ShardOption = Annotated[str | None, typer.Option(help="Only this shard.")]
SinceOption = Annotated[str | None, typer.Option(help="From this day on (UTC), as 2026-11-24.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write this Parquet file instead.")]


def _log(home: str | None) -> EventLog:
    return EventLog(Home.of(home).events)


def _wanted(recipient: str | None, corpus: str | None, shard: str | None, since: str | None) -> Wanted:
    try:
        start = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
    except ValueError:
        raise ConfigError(f"--since {since}: write a day as 2026-11-24") from None
    return Wanted(recipient, corpus, shard, start)


def _give(title: str, table: pa.Table, out: Path | None, as_json: bool) -> None:
    if out is not None:
        import pyarrow.parquet as pq

        pq.write_table(table, out)
        console.print(f"{table.num_rows} rows: {out}")
    elif as_json:
        emit(table.to_pylist())
    else:
        show(title, table.column_names, [list(row.values()) for row in table.to_pylist()])


@app.command("pulls")
def list_pulls(
    recipient: RecipientOption = None,
    corpus: CorpusOption = None,
    shard: ShardOption = None,
    since: SinceOption = None,
    out: OutOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List who pulled what: one line a token and file, however many requests it took."""
    table = pulls(_log(home), _wanted(recipient, corpus, shard, since))
    if out is None and not as_json:
        table = table.select(
            ["first_at", "recipient", "purpose", "shard", "documents", "requests", "refused", "grants"]
        )
    _give("Pulls (--json has every column)", table, out, as_json)


@app.command("decisions")
def list_decisions(
    recipient: RecipientOption = None,
    corpus: CorpusOption = None,
    since: SinceOption = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only refusals.")] = False,
    out: OutOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what the policies decided on which request."""
    table = decisions(_log(home), _wanted(recipient, corpus, None, since), refused_only=refused)
    _give("Decisions", table, out, as_json)


@app.command("log")
def check_log(
    action: Annotated[
        list[str] | None,
        typer.Option(help="Only these actions: share.pull, or share for all that begin so; may be repeated."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the event log after checking its chain; a broken chain is an error (exit code 4)."""
    log = _log(home)
    fault = log.check()
    if fault is not None:
        raise fault
    entries = [{"seq": entry.seq, **entry.event.to_json()} for entry in log.read(actions=action or [])]
    if as_json:
        emit(entries)
        return
    columns = ["seq", "at", "actor", "from", "action", "subjects", "documents", "grant", "policies", "outcome"]
    show(
        "Event log (chain holds)",
        columns,
        [[e[c] if not isinstance(e[c], list) else ", ".join(e[c]) for c in columns] for e in entries],
    )
