"""`malmoi clusters`: which documents of a release are duplicates of which, and two of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from governance.events import Event, EventLog
from governance.keys import KeyStore
from governance.records.errors import ConfigError
from pipelines.clusters.compare import Piece, Row, compare, groups
from pipelines.clusters.page import build_page
from pipelines.clusters.table import cluster_members, cluster_of, largest
from pipelines.clusters.texts import member_texts
from pipelines.commands.output import HomeOption, JsonOption, console, emit, show
from pipelines.home import Home
from pipelines.pages import write_page
from pipelines.releases import find_release


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("clusters")(clusters)


def clusters(
    release: Annotated[
        str, typer.Argument(help="Corpus (its head), release id, or path of a release.", show_default=False)
    ],
    documents: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DOC_ID [DOC_ID]]", help="One member, or two to compare.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many of the largest clusters.")] = 20,
    show_text: Annotated[
        bool, typer.Option("--show", help="Compare two members' texts, unprotected as staged; it is logged.")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write the comparison here; needs --show.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show clusters of duplicates: their size, sources and licences, who stays, and what differs."""
    given = list(dict.fromkeys(documents or []))
    _require_sense(given, show_text, html)
    place = Home.of(home)
    corpus, release_id = find_release(place, release)
    members = cluster_members(place, corpus, release_id)
    if not given:
        rows = largest(members, top)
        emit(rows) if as_json else _show_table(members.height, rows)
        return
    cluster = cluster_of(members, given)
    if show_text:
        _compare(place, (corpus, release_id), _pair(cluster, given), html, as_json=as_json)
    elif as_json:
        emit(cluster)
    else:
        _show_cluster(cluster)


def _require_sense(given: Sequence[str], show_text: bool, html: Path | None) -> None:
    if len(given) > 2:
        raise ConfigError(f"clusters: {len(given)} documents; name one, or two to compare")
    if show_text and not given:
        raise ConfigError("clusters: --show needs a member of the cluster, or two")
    if html is not None and not show_text:
        raise ConfigError("clusters: --html writes texts; add --show, which is logged")


def _pair(cluster: Sequence[Mapping[str, Any]], given: Sequence[str]) -> list[Mapping[str, Any]]:
    """The two named; of one, the survivor and it; of the survivor, it and the member least like it."""
    by_id = {member["doc_id"]: member for member in cluster}
    if len(given) == 2:
        return [by_id[given[0]], by_id[given[1]]]
    return [cluster[0], cluster[-1] if given[0] == cluster[0]["doc_id"] else by_id[given[0]]]


def _compare(
    place: Home,
    release: tuple[str, str],
    pair: Sequence[Mapping[str, Any]],
    html: Path | None,
    *,
    as_json: bool,
) -> None:
    ids = [member["doc_id"] for member in pair]
    texts = member_texts(place, KeyStore.open(place.keys), ids)
    subjects = (f"release:{release[1]}", *(f"doc:{one}" for one in ids))
    EventLog(place.events).append(
        Event(datetime.now(UTC), "operator", "clusters.show", subjects=subjects, documents=len(ids))
    )
    rows = compare(*texts)
    if html is not None:
        write_page(html, build_page(f"{release[0]} / {release[1]}", pair, rows))
    if as_json:
        emit({"members": pair, "texts": None if html is not None else texts, "html": html})
    elif html is not None:
        console.print(f"written, for your eyes only: {html}", markup=False, highlight=False)
    else:
        _show_pair(pair, rows)


def _show_table(documents: int, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ["survivor", "size", "sources", "licences", "outcomes", "least alike"]
    lines = [
        (
            row["survivor"],
            row["size"],
            _words(row["sources"]),
            row["licences"],
            _words(row["outcomes"]),
            f"{row['least_similarity']:.4g}",
        )
        for row in rows
    ]
    show(f"Largest clusters ({documents:,} documents are in one)", columns, lines)


def _show_cluster(cluster: Sequence[Mapping[str, Any]]) -> None:
    columns = ["doc_id", "source", "licence", "outcome", "rule", "similarity"]
    lines = [[f"{m[c]:.4g}" if c == "similarity" else m[c] for c in columns] for m in cluster]
    show(f"Cluster of {cluster[0]['doc_id']}, the survivor first", columns, lines)


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _show_pair(pair: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> None:
    from rich.table import Column, Table

    heads = [f"{m['doc_id']}\n{m['source']}, {m['licence']}, {m['outcome']}" for m in pair]
    columns = [Column(head, ratio=1, overflow="fold") for head in heads]
    table = Table(*columns, expand=True, header_style="bold", show_lines=False, caption="text of the restricted zone")
    for group in groups(rows):
        if group.fold:
            table.add_row(f"… {len(group.rows)} equal lines", "…", style="dim")
        else:
            for row in group.rows:
                table.add_row(_styled(row.left, "bold red underline"), _styled(row.right, "bold green"))
    console.print(table)


def _styled(pieces: Sequence[Piece] | None, style: str) -> Any:
    from rich.text import Text

    return Text.assemble(*((piece.text, style if piece.changed else "") for piece in pieces or ()))
