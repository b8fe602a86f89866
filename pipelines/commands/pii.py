"""`malmoi pii`: personal information found, taken out and judged, in files of any origin and in what was released."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.table import Table

from governance.records.errors import ConfigError, MalmoiError
from governance.records.storage import atomic_path, write_bytes
from pipelines.commands import pii_release
from pipelines.commands.output import HomeOption, JsonOption, console, emit, errors, show
from pipelines.home import Home

app = typer.Typer(no_args_is_help=True)
pii_release.register(app)

PathsArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH…", help="Files (.jsonl, .parquet, .txt; also .gz, .zst), or directories.", show_default=False
    ),
]
TextOption = Annotated[
    list[str] | None, typer.Option("--text-column", help="Field with text (default: text); may be repeated.")
]
IdOption = Annotated[
    str | None, typer.Option("--id-column", help="Field with the document's id (default: file and line or row).")
]
PointOption = Annotated[
    str | None, typer.Option("--operating-point", help="recall, usual or precision (default: usual).")
]
LeastOption = Annotated[int | None, typer.Option("--at-least", help="Lowest score acted on, 0 to 1000.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes (default: every core).")]
_BROKEN_SHOWN = 10


@app.command()
def scan(
    paths: PathsArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Write the spans here (default: standard output).")] = None,
    text_column: TextOption = None,
    id_column: IdOption = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")] = None,
    operating_point: PointOption = None,
    at_least: LeastOption = None,
    show_values: Annotated[bool, typer.Option("--show", help="Also the values and what stands beside them.")] = False,
    workers: WorkersOption = None,
) -> None:
    """Scan files: one JSON line a span, never the value; a table of what was met on standard error."""
    from pipelines.pii.files import find_files
    from pipelines.pii.scanning import Totals, Wanted, scan_files
    from transforms.pii.operating_points import lowest_score

    score = lowest_score(operating_point, at_least)
    wanted = Wanted(_columns(text_column, id_column), score, _kinds(kind), show_values)
    files, totals, started = find_files(paths), Totals(), time.monotonic()
    with _target(out) as stream:
        for lines in scan_files(files, wanted, totals, workers=workers):
            stream.write(lines)
    rows = [(name, _class(name), f"{n:,}", f"{totals.holding[name]:,}") for name, n in totals.spans.most_common()]
    _table(["kind", "class", "spans", "documents"], rows)
    _say_speed(len(files), totals.documents, totals.bytes, started)
    _require_whole(totals.broken)


@app.command()
def redact(
    paths: PathsArgument,
    out: Annotated[Path, typer.Option("--out", help="Directory for the redacted files.", show_default=False)],
    text_column: TextOption = None,
    id_column: IdOption = None,
    replace: Annotated[
        str, typer.Option("--with", help="surrogates, masks or placeholders; unique identifiers are always destroyed.")
    ] = "surrogates",
    policy: Annotated[
        Path | None, typer.Option("--policy", help="YAML with the keys of a recipe's `protect` section.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Key of the surrogates (default: the installation's).")
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="Whose key of the installation: pseudonym/SOURCE/EPOCH.")
    ] = "redact",
    at_least: LeastOption = None,
    workers: WorkersOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Redact files: the same files with texts, and file names, cleared of personal information; counts at the end."""
    from pipelines.pii.files import find_files
    from pipelines.pii.key_place import key_place
    from pipelines.pii.policies import read_policy
    from pipelines.pii.redacting import Order, redact_files

    chosen, epoch = read_policy(replace, policy, at_least)
    name = f"pseudonym/{source}/{epoch}"
    key = key_place(chosen, file=key_file, keys=Home.of(home).keys, name=name)
    files, started = find_files(paths), time.monotonic()
    done = redact_files(files, out, Order(_columns(text_column, id_column), chosen, key), workers=workers)
    actions = [(kind, action, count) for (kind, action), count in done.actions.most_common()]
    if as_json:
        counted = [{"kind": kind, "action": action, "spans": count} for kind, action, count in actions]
        emit({"files": len(files), "documents": done.documents, "bytes": done.bytes, "actions": counted,
              "unread": sorted(done.unread), "broken": len(done.broken)})  # fmt: skip
    else:
        _table(["kind", "action", "spans"], [(kind, action, f"{count:,}") for kind, action, count in actions])
        _say_speed(len(files), done.documents, done.bytes, started)
    if done.unread - {id_column}:
        names = ", ".join(sorted(done.unread - {str(id_column)}))
        errors.print(f"not read: {names}: these fields hold text too; name them with --text-column", highlight=False)
    _require_whole(done.broken)


@app.command("eval")
def evaluate(
    gold: Annotated[
        list[Path],
        typer.Argument(metavar="GOLD…", help="Gold sets (layouts: docs/guide/pii.md), or directories of them."),
    ],
    errors_to: Annotated[
        Path | None, typer.Option("--errors", help="Write every error here: gold and found span, no text.")
    ] = None,
    part: Annotated[str, typer.Option("--part", help="all, or the test or train part of Malmoi's own split.")] = "all",
    operating_point: PointOption = None,
    at_least: LeastOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the recognisers on gold spans: precision, recall, F1 a kind, by overlap and exactly, and leak."""
    from pipelines.pii.judging import error_lines, judge, read_sets
    from transforms.pii.gold import is_test
    from transforms.pii.operating_points import lowest_score

    if part not in ("all", "test", "train"):
        raise ConfigError(f"--part {part}: all, test or train")
    documents = [d for d in read_sets(gold) if part == "all" or is_test(d.text) == (part == "test")]
    figures, found = judge(documents, lowest_score(operating_point, at_least))
    if errors_to is not None:
        write_bytes(errors_to, error_lines(found).encode())
    if as_json:
        emit(figures)
        return
    measured = ("precision", "recall", "f1", "exact_precision", "exact_recall", "exact_f1", "leak")
    rows = [
        (label, f"{row['gold']:,}", f"{row['found']:,}", *(f"{row[name]:.3f}" for name in measured))
        for label, row in {**figures["labels"], **figures["groups"]}.items()
    ]
    show(
        f"{len(documents):,} documents; P, R, F1 by overlap, then exactly",
        ["label", "gold", "found", "P", "R", "F1", "P", "R", "F1", "leak"],
        rows,
    )
    if errors_to is not None:
        console.print(f"errors: {errors_to}, {len(found)} spans", highlight=False)


def _columns(texts: Sequence[str] | None, named: str | None) -> Any:
    from pipelines.pii.blocks import Columns

    return Columns(tuple(texts or ("text",)), named)


def _kinds(given: Sequence[str] | None) -> tuple[str, ...] | None:
    from governance.records.settings import nearest
    from transforms.pii.kinds import Kind

    known = [kind.value for kind in Kind]
    problems = [f"--kind {name}: unknown{nearest(name, known)}" for name in given or () if name not in known]
    if problems:
        raise ConfigError(problems)
    return tuple(given) if given else None


def _class(kind: str) -> str:
    from transforms.pii.kinds import PIPA_CLASS, Kind

    return PIPA_CLASS[Kind(kind)].value


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole."""
    if out is None:
        yield sys.stdout
        return
    with atomic_path(out, mode=0o600) as temporary, temporary.open("w", encoding="utf-8") as stream:
        yield stream


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """On standard error: standard output is the spans'."""
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    errors.print(table)


def _say_speed(files: int, documents: int, size: int, started: float) -> None:
    seconds = max(time.monotonic() - started, 1e-9)
    errors.print(
        f"{files:,} files, {documents:,} documents, {size / 1e6:,.1f} MB in {seconds:,.1f} s "
        f"({size / 1e6 / seconds:,.1f} MB/s)",
        highlight=False,
    )


def _require_whole(broken: Sequence[str]) -> None:
    """What could not be read is told, and is no success."""
    if broken:
        reasons = Counter(place.rsplit(": ", 1)[-1] for place in broken)
        for place in broken[:_BROKEN_SHOWN]:
            errors.print(place, highlight=False, markup=False, soft_wrap=True)
        summed = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())
        raise MalmoiError(f"{len(broken)} places could not be read and were left out: {summed}")
