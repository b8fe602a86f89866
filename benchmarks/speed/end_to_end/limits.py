"""How fast the stages that move text could be at most: the same bytes read and written, and nothing done between.

`python -m benchmarks.speed.end_to_end.limits TARGET`, where TARGET is what `ours` left behind; one core.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from governance.parquet import ReleasedWriter
from governance.records.schemas import DOCUMENT, STAGED
from pipelines.home import Home
from pipelines.plan import Plan
from pipelines.stages.protect import READ
from pipelines.tasks import Context


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _prepare(context: Context, source: Path, zone: str, scratch: Path) -> dict[str, float]:
    """Input read, staged rows written encrypted; the rows are in memory in between."""
    read = sum(_seconds(partial(_read_input, path)) for path in sorted(source.glob("*.parquet")))
    write = text = 0.0
    for path in sorted((context.home.zone(zone) / "prepare").glob("*.parquet")):
        if ".broken" in path.name:
            continue
        table = context.read(zone, path)
        text += sum(len(t.encode()) for t in table["text"].to_pylist()) / 1e6
        write += _seconds(partial(context.stream, zone, scratch / "staged.parquet", table.to_batches(), STAGED))
    return {"read_s": read, "write_s": write, "text_mb": text}


def _read_input(path: Path) -> None:
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        file.read_row_group(group)


def _protect(context: Context, zone: str, scratch: Path) -> dict[str, float]:
    """Staged rows read and decrypted, shards written; the rows are in memory in between."""
    read = write = text = 0.0
    for path in sorted((context.home.zone(zone) / "prepare").glob("*.parquet")):
        if ".broken" not in path.name:
            read += _seconds(partial(context.read, zone, path, READ))
    corpus = context.home.corpus(context.plan.recipe.corpus)
    for path in sorted((corpus / "shards").glob("**/*.parquet")):
        table = pq.read_table(path)
        text += sum(len(t.encode()) for t in table["text"].to_pylist()) / 1e6
        write += _seconds(partial(_write, scratch / "shard.parquet", table))
    return {"read_s": read, "write_s": write, "text_mb": text}


def _write(path: Path, table: pa.Table) -> None:
    with ReleasedWriter(path, DOCUMENT) as writer:
        writer.write(table.cast(DOCUMENT))


def main() -> None:
    """Prints MB/s a core of each."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    home = Home.of(target / "home")
    (plan_path,) = home.state.glob("runs/*/plan.json")
    context = Context(Plan.load(plan_path))
    zone = context.plan.sources[0].snapshot.zone
    with tempfile.TemporaryDirectory() as name:
        found = {
            "prepare": _prepare(context, source, zone, Path(name)),
            "protect": _protect(context, zone, Path(name)),
        }
    for row in found.values():
        row["limit_mb_per_s"] = row["text_mb"] / (row["read_s"] + row["write_s"])
    print("MEASURED " + json.dumps(found))


if __name__ == "__main__":
    main()
