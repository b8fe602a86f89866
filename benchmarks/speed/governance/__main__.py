"""Runs all of it and writes the figures: `python -m benchmarks.speed.governance [RESULT.json]`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.speed.governance.files import encryption, row_groups
from benchmarks.speed.governance.logs import appends
from benchmarks.speed.governance.measure import data_directory, documents, environment
from benchmarks.speed.governance.releases import many_shards, verification


def main() -> None:
    """Measures on one file of the scale corpus; says so and stops when it is not there."""
    source = data_directory() / "scale" / "precedents-00.parquet"
    if not source.exists():
        raise SystemExit(f"{source}: not there; set MALMOI_DATA")
    table = documents(source)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        result = {
            "environment": environment(source),
            "documents": table.num_rows,
            "text_mb": round(table["text"].nbytes / 1e6, 1),
            "row_groups": row_groups(table, place),
            "encryption": encryption(table, place),
            "events_s": appends(place),
            "verification": verification(table, place),
            "many_shards": many_shards(place, 2_000),
        }
    text = json.dumps(result, indent=1)
    default = Path(__file__).with_name("result.json")
    (Path(sys.argv[1]) if len(sys.argv) > 1 else default).write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
