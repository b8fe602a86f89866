import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipelines.worker import ONE_CORE

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_worker_ends_with_its_launcher(tmp_path: Path) -> None:
    worker = "import time; from pipelines.worker import die_with_parent; die_with_parent(); print('up', flush=True); "
    worker += "time.sleep(60)"
    launcher = "import subprocess as s, sys; child = s.Popen([sys.executable, '-c', sys.argv[1]], stdout=s.PIPE); "
    launcher += "child.stdout.readline(); print(child.pid, flush=True); child.wait()"
    parent = subprocess.Popen(
        [sys.executable, "-c", launcher, worker], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_one_core_holds_every_library_that_starts_threads() -> None:
    asked = "import polars, numba; print(polars.thread_pool_size(), numba.get_num_threads())"
    done = subprocess.run(
        [sys.executable, "-c", asked], env={**ENVIRONMENT, **ONE_CORE}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "1"]
