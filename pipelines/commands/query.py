"""`malmoi query`: SQL over a release with DuckDB; the documents are the view `documents`, the ledger is beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as pds
import typer

from governance.delta import committed_version, live_shards
from governance.records.errors import ConfigError
from governance.records.schemas import DECISION, DOCUMENT, SENTENCE, SPAN
from governance.records.storage import Location, matching, readable
from pipelines.commands.output import HomeOption, JsonOption, emit, show
from pipelines.home import Home
from pipelines.releases import find_release

# What a release without any document has instead of files.
_EMPTY = {"documents": DOCUMENT, "decisions": DECISION, "spans": SPAN, "sensitive": SENTENCE}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("query")(query)


def query(
    release: Annotated[
        str, typer.Argument(help="Corpus (its head), release id, or path of a release.", show_default=False)
    ],
    sql: Annotated[
        str,
        typer.Argument(
            help="SQL over documents, decisions, spans, sensitive, clusters, index, broken; `DESCRIBE` lists columns.",
            show_default=False,
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Query a release with SQL; nothing can be written, and no other file can be read."""
    columns, rows = run_query(Home.of(home), release, sql)
    if as_json:
        emit([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        show("", columns, rows)


def run_query(home: Home, release: str, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of a query.

    Raises:
        ConfigError: DuckDB refuses the SQL; its message is passed on.
    """
    corpus, release_id = find_release(home, release)
    root, directory = home.corpus(corpus), home.release(corpus, release_id)
    views: dict[str, list[Location]] = {
        "documents": [root / shard.path for shard in live_shards(root, committed_version(root, release_id))],
        "decisions": matching(directory, "ledger/decisions-*.parquet"),
        "spans": matching(directory, "ledger/spans-*.parquet"),
        "sensitive": matching(directory, "ledger/sensitive-*.parquet"),
        "clusters": [directory / "clusters.parquet"],
        "index": [directory / "index.parquet"],
        "broken": [directory / "broken.parquet"],
    }
    connection = duckdb.connect()
    # A query may read the release and nothing else of this machine.
    connection.execute(f"SET allowed_paths = {sorted(str(path) for paths in views.values() for path in paths)}")
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    for name, paths in views.items():
        _view(connection, name, paths)
    try:
        result = connection.execute(sql)
        return [column[0] for column in result.description or []], result.fetchall()
    except duckdb.Error as error:
        raise ConfigError(f"query: {error}") from None


def _view(connection: duckdb.DuckDBPyConnection, name: str, paths: list[Location]) -> None:
    """Files of a disk are DuckDB's own to read; objects it is given as a dataset, which reads what a query asks for."""
    if not paths:
        connection.register(name, _EMPTY[name].empty_table())
    elif isinstance(paths[0], Path):
        files = sorted(str(path) for path in paths)
        connection.execute(f'CREATE VIEW "{name}" AS SELECT * FROM read_parquet({files}, union_by_name = true)')
    else:
        parquet = pds.ParquetFileFormat()
        fragments = [parquet.make_fragment(pa.PythonFile(readable(path))) for path in paths]
        schema = pa.unify_schemas([fragment.physical_schema for fragment in fragments])
        connection.register(name, pds.FileSystemDataset(fragments, schema, parquet))
