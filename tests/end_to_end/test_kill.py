"""kill -9 at named points and at random times: nothing half-written is ever visible, and the rerun makes the same."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from governance.delta import head_version
from governance.verify import verify_release
from pipelines.home import Home
from tests.end_to_end.conftest import World, documents, identical_set, letter

ROOT = Path(__file__).resolve().parents[2]
POINTS = (
    "after-temp-write",
    "after-fsync",
    "after-rename",
    "before-delta-commit",
    "after-delta-commit",
    "before-queue-load",
)
KILLS = 30


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, dict[str, str]]:
    """A world with some work in it, and the identical set of an undisturbed run."""
    world = World(tmp_path_factory.mktemp("kill"))
    world.jsonl("letters", documents(150))
    world.add("texts", {f"{n:03d}.txt": letter(n + 100).encode() for n in range(60)}, sector="private")
    world.settings["prepare"] = {"split_bytes": 12_000}
    world.settings["publish"] = {"shard_bytes": 20_000}
    world.settings["label"] = [
        {"project": "quality", "guideline": "읽고 고르세요.", "labels": ["좋음", "나쁨"], "count": 5}
    ]
    world.run()
    return world, identical_set(world.home)


def _copy_keys(world: World, directory: Path) -> Home:
    home = Home.of(directory / "home")
    home.root.mkdir(parents=True)
    shutil.copytree(world.home.keys, home.keys)
    return home


def _start(world: World, home: Home, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "run",
        str(world.recipe),
        "--home",
        str(home.root),
        "--json",
        *options,
    ]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _require_whole(home: Home) -> None:
    """Whatever is visible is complete: no release yet, or one that verifies."""
    root = home.corpus("test")
    if head_version(root) >= 0:
        verify_release(root, "latest", home.public_key.read_bytes()).require()


def _finish(world: World, home: Home) -> None:
    process = _start(world, home)
    _, error = process.communicate(timeout=180)
    assert process.returncode == 0, error.decode()[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_nothing(
    reference: tuple[World, dict[str, str]], tmp_path: Path, point: str
) -> None:
    world, expected = reference
    home = _copy_keys(world, tmp_path)
    killed = _start(world, home, MALMOI_CRASH_AT=point, MALMOI_CRASH_ONCE=str(tmp_path / "once"))
    killed.communicate(timeout=180)
    assert killed.returncode == -signal.SIGKILL
    _require_whole(home)
    _finish(world, home)
    _require_whole(home)
    assert identical_set(home) == expected
    assert not list(home.root.rglob(".*.tmp"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thirty_kills_at_random_times_lose_nothing(reference: tuple[World, dict[str, str]], tmp_path: Path) -> None:
    world, expected = reference
    dice = random.Random(20261124)
    home, kills, rounds = _copy_keys(world, tmp_path), 0, 0
    while kills < KILLS:
        processes = dice.random() < 0.4
        options = ("--runner", "processes", "--workers", "2") if processes else ("--runner", "local")
        process = _start(world, home, *options)
        time.sleep(dice.uniform(1.0, 9.0))
        if process.poll() is None:
            _kill(process, dice.choice(("parent", "worker", "group")) if processes else "parent")
            kills += 1
        process.communicate(timeout=180)
        _require_whole(home)
        if process.returncode == 0:
            assert identical_set(home) == expected
            # Start over, so that later kills have work to hit.
            rounds += 1
            home = _copy_keys(world, tmp_path / str(rounds))
    _finish(world, home)
    assert identical_set(home) == expected


def _kill(process: subprocess.Popen[bytes], whom: str) -> None:
    """Kills the launcher, one of its workers, or all of them at once."""
    if whom == "group":
        os.killpg(process.pid, signal.SIGKILL)
        return
    try:
        workers = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    # The last is a worker, or the server that they are forked from while there is none yet.
    victim = workers[-1].pid if whom == "worker" and workers else process.pid
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return


def _workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The launcher's worker processes, once they have started."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        children = psutil.Process(process.pid).children(recursive=True)
        # They are forked from the launcher's only child.
        found = [p for p in children if p.ppid() != process.pid]
        if len(found) >= 2:
            return found
        time.sleep(0.05)
    raise AssertionError("no workers started")


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["worker", "server"])
def test_a_killed_worker_ends_the_run_with_word(
    reference: tuple[World, dict[str, str]], tmp_path: Path, whom: str
) -> None:
    world, expected = reference
    home = _copy_keys(world, tmp_path)
    process = _start(world, home, "--runner", "processes", "--workers", "2")
    worker = _workers(process)[0]
    victim = worker.parent() if whom == "server" else worker
    assert victim is not None
    victim.kill()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1 and b"a worker process was killed" in error and b"Traceback" not in error
    _finish(world, home)
    assert identical_set(home) == expected


@pytest.mark.slow
def test_workers_do_not_outlive_their_launcher(reference: tuple[World, dict[str, str]], tmp_path: Path) -> None:
    world, _ = reference
    process = _start(world, _copy_keys(world, tmp_path), "--runner", "processes", "--workers", "2")
    workers = _workers(process)
    time.sleep(2.0)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["local", "processes"])
def test_ctrl_c_stops_cleanly_and_a_rerun_goes_on(
    reference: tuple[World, dict[str, str]], tmp_path: Path, runner: str
) -> None:
    world, expected = reference
    home = _copy_keys(world, tmp_path)
    process = _start(world, home, "--runner", runner, "--workers", "2")
    while process.poll() is None and not list(home.restricted.glob("*/prepare/*.json")):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error.decode()[-2000:]
    assert b"run the same command again" in error and b"Traceback" not in error
    _finish(world, home)
    assert identical_set(home) == expected


def test_two_runs_on_one_output_do_not_mix(reference: tuple[World, dict[str, str]], tmp_path: Path) -> None:
    from governance.records.errors import BusyError
    from governance.records.storage import exclusive

    world, _ = reference
    home = _copy_keys(world, tmp_path)
    with exclusive(home.state / "locks" / "test.lock", "corpus test"), pytest.raises(BusyError, match="another run"):
        world.run(home=home)
