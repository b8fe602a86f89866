"""`make bench`: every benchmark, one after another; each writes its result file."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Runs them all and returns the number that failed."""
    names = sorted(p.parent.relative_to(HERE.parent).as_posix().replace("/", ".") for p in HERE.glob("*/*/__main__.py"))
    failed = 0
    for name in names:
        assert importlib.util.find_spec(name) is not None
        print(f"== {name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", name], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
