"""Reading side by side: it ends when one part fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from governance.records.errors import ConfigError
from pipelines.dedup import rows, signing


def test_what_is_running_ends_when_one_part_fails(tmp_path: Path) -> None:
    """The reader of an endless part stops once another part met an error."""

    class Endless:
        def blocks(self) -> Any:
            while True:
                yield lambda: rows.rows_of(pa.array(["a"]), pa.array(["가"]), "here")

    class Bad:
        def blocks(self) -> Any:
            yield lambda: (_ for _ in ()).throw(ConfigError("bad block"))

    with pytest.raises(ConfigError, match="bad block"):
        signing.each_block([Endless(), Bad()], lambda _, block: block(), 2)
