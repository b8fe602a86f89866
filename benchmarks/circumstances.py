"""Commit, machine and load, without which a figure says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def circumstances() -> dict[str, Any]:
    """Where and on what a benchmark ran."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    return {
        "commit": commit.strip(),
        "machine": {
            "cpu": model,
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load_average": os.getloadavg(),
        },
    }


def peer_version(peers: Path, folder: str, distribution: str) -> str:
    """Version of a peer in its own virtual environment."""
    code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    python = peers / folder / "bin" / "python"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
