"""One document before and after, side by side, for officers: a page that needs nothing else and asks for nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.keys import KeyStore
from governance.records.errors import NotFoundError
from governance.records.storage import Location, readable
from pipelines.discovering import quarantined
from pipelines.finding import by_doc_ids
from pipelines.home import Home
from pipelines.pages import environment, lines_of
from pipelines.pii.aligning import Piece, after_cuts, align, pieces_of
from pipelines.releases import corpora, history, index_rows
from pipelines.report.words import ACTIONS, KINDS, Name, named
from transforms.pii.unique import PLACEHOLDER

FIELDS = {
    "text": Name("본문", "text"),
    "title": Name("제목", "title"),
    "author": Name("작성자", "author"),
    "url": Name("주소(URL)", "URL"),
}
_HERE = Path(__file__).parent
_DESTROYED = re.compile("|".join(map(re.escape, PLACEHOLDER.values())))
_KIND_OF = {text: kind.value for kind, text in PLACEHOLDER.items()}


class Line(NamedTuple):
    """One line of a field, before and after."""

    before: list[Piece]
    after: list[Piece]


class Field(NamedTuple):
    """A field on the page. `aligned` is False where the released text is not the staged one with its spans replaced."""

    name: Name
    lines: list[Line]
    aligned: bool


def show_document(home: Home, keys: KeyStore, doc_id: str) -> str:
    """The page of a document: what was staged, where the zone was not purged, beside what was released.

    Raises:
        NotFoundError: no release has it any more.
    """
    corpus, directory, place = _last(home, doc_id)
    released = _row(home, corpus, place)
    staged = _staged(home, keys, doc_id)
    spans = _spans(directory, doc_id, str(place["source"]))
    cuts = _cuts(directory, doc_id, str(place["source"]))
    if staged and cuts:
        staged |= {"text": after_cuts(staged["text"], cuts)}
    fields = [
        _field(name, staged.get(name) if staged else None, released[name], spans.get(name, []))
        for name in FIELDS
        if released[name] or (staged and staged[name])
    ]
    found = [span for name in FIELDS for span in spans.get(name, [])]
    return (
        environment(_HERE, "view.css")
        .get_template("view.html")
        .render(
            doc_id=doc_id,
            corpus=corpus,
            place=place,
            release=directory.name,
            fields=fields,
            purged=staged is None,
            cuts=len(cuts),
            held=place["shard"] in quarantined(home, corpus),
            summary=_summary(found, released["pii"]["counts"], staged),
            level=released["pii"]["level"],
        )
    )


def _last(home: Home, doc_id: str) -> tuple[str, Location, dict[str, Any]]:
    """Corpus, release and index row of the newest release whose shard is still there."""
    for corpus in corpora(home):
        for directory in reversed(history(home, corpus)):
            for row in index_rows(directory, doc_id):
                if (home.corpus(corpus) / str(row["shard"])).exists():
                    return corpus, directory, dict(row)
    raise NotFoundError(f"document {doc_id} is in no release; `malmoi trace` says what became of it")


def _row(home: Home, corpus: str, place: Mapping[str, Any]) -> dict[str, Any]:
    table = pq.read_table(readable(home.corpus(corpus) / place["shard"]), columns=[*FIELDS, "pii"])
    return table.slice(place["row"], 1).to_pylist()[0]


def _staged(home: Home, keys: KeyStore, doc_id: str) -> dict[str, Any] | None:
    rows = by_doc_ids(home, keys, [doc_id])
    found = rows[-1].read(keys, [*FIELDS, "destroyed"]) if rows else None
    return None if found is None or found["text"] is None else found


def _spans(directory: Location, doc_id: str, source: str) -> dict[str, list[dict[str, Any]]]:
    """Spans of each field, in order."""
    path = directory / "ledger" / f"spans-{source}.parquet"
    found: dict[str, list[dict[str, Any]]] = {}
    if path.exists():
        for span in pq.read_table(readable(path), filters=pc.field("doc_id") == doc_id).sort_by("start").to_pylist():
            found.setdefault(span["field"], []).append(_worded(span))
    return found


def _cuts(directory: Location, doc_id: str, source: str) -> list[tuple[int, int]]:
    """Passages that Protect cut out of the text before it looked for personal data."""
    path = directory / "ledger" / f"cuts-{source}.parquet"
    rows = pq.read_table(readable(path), filters=pc.field("doc_id") == doc_id).to_pylist() if path.exists() else []
    return [(row["start"], row["end"]) for row in rows]


def _worded(span: dict[str, Any]) -> dict[str, Any]:
    kind, action = named(KINDS, span["kind"]), named(ACTIONS, span["action"])
    hint = f"{kind.ko} · {action.ko} · {span['recogniser']} · {span['score'] / 1000:.2f}"
    return span | {"kind_name": kind, "action_name": action, "hint": hint}


def _field(name: str, before: str | None, after: str | None, spans: Sequence[Mapping[str, Any]]) -> Field:
    after = after or ""
    if before is None:
        return Field(FIELDS[name], [Line([], line) for line in lines_of(_with_destroyed([Piece(after)]))], False)
    inside = [span for span in spans if span["end"] <= len(before)]
    aligned = align(before, inside, after)
    left = lines_of(_with_destroyed(pieces_of(before, inside)))
    right = lines_of(_with_destroyed(aligned or [Piece(after)]))
    if len(left) != len(right):
        return Field(FIELDS[name], [Line(_joined(left), _joined(right))], aligned is not None)
    return Field(FIELDS[name], [Line(*pair) for pair in zip(left, right, strict=True)], aligned is not None)


def _joined(lines: list[list[Piece]]) -> list[Piece]:
    """Lines as one, line breaks kept."""
    return [piece for number, line in enumerate(lines) for piece in ([Piece("\n")] if number else []) + line]


def _with_destroyed(pieces: Sequence[Piece]) -> list[Piece]:
    """What Prepare destroyed before anything was written stands there as its placeholder: marked as well."""
    return [part for piece in pieces for part in ([piece] if piece.span else _marked(piece.text))]


def _marked(text: str) -> Iterator[Piece]:
    done = 0
    for match in _DESTROYED.finditer(text):
        span = {"kind": _KIND_OF[match.group()], "action": "destroy", "recogniser": "prepare", "score": 1000}
        yield from [Piece(text[done : match.start()]), Piece(match.group(), _worded(span))]
        done = match.end()
    yield Piece(text[done:])


def _summary(
    spans: Sequence[Mapping[str, Any]], counts: Sequence[Mapping[str, Any]], staged: Mapping[str, Any] | None
) -> list[tuple[Name, Name, str, int]]:
    """Kind, action, recogniser and number; the most first. Without spans (another source's ledger) kinds alone."""
    found = Counter((s["kind"], s["action"], s["recogniser"]) for s in spans)
    for entry in (staged or {}).get("destroyed") or []:
        found[entry["kind"], "destroy", "prepare"] += entry["count"]
    if not found:
        found.update({(entry["kind"], "", ""): entry["count"] for entry in counts})
    return [
        (named(KINDS, kind), named(ACTIONS, action), recogniser, count)
        for (kind, action, recogniser), count in found.most_common()
    ]
