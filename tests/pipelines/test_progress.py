import io
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.progress import LABELS, Progress
from pipelines.tasks import Receipt
from pipelines.worker import Settings, reporter


def _console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=160)


def _said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _receipt(stage: str = "prepare", kept: int = 8, dropped: int = 1, *, reused: bool = False) -> Receipt:
    books = {"in": kept + dropped, "kept": kept, "dropped": dropped, "broken": 0}
    return Receipt(stage, "n", "letters", books, {"text_bytes": 2_000_000}, reused=reused)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_workers_report_is_added_up_by_stage() -> None:
    with Progress(_console(terminal=False), 4, quiet=True) as progress:
        report = reporter(Settings(Path("plan"), progress.address))
        report(_receipt())
        report(_receipt(kept=2, dropped=0, reused=True))
        report(_receipt("judge"))
        _until(lambda: sum(c["tasks"] for c in progress.counts.values()) == 3)
    prepare = progress.counts["prepare"]
    assert (prepare["tasks"], prepare["reused"], prepare["in"], prepare["kept"], prepare["dropped"]) == (
        2,
        1,
        11,
        10,
        1,
    )
    assert prepare["bytes"] == 4_000_000 and progress.counts["judge"]["tasks"] == 1


def test_a_log_gets_plain_lines_with_stage_rate_and_exits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.progress._PLAIN_EVERY_S", 0.0)
    console = _console(terminal=False)
    with Progress(console, 2) as progress:
        reporter(Settings(Path("plan"), progress.address))(_receipt())
        _until(lambda: "prepare" in _said(console))
    (line,) = _said(console).splitlines()
    assert "9 documents" in line and "MB/s" in line and "kept 8 dropped 1 broken 0" in line and "left" in line
    assert "\x1b" not in line


def test_a_terminal_gets_a_table_in_both_languages() -> None:
    console = _console(terminal=True)
    with Progress(console, 2) as progress:
        reporter(Settings(Path("plan"), progress.address))(_receipt("deduplicate"))
        _until(lambda: "deduplicate" in progress.counts)
        time.sleep(0.4)
    assert "중복 제거" in _said(console) and "documents/s" in _said(console)


def test_quiet_says_nothing() -> None:
    console = _console(terminal=True)
    with Progress(console, 1, quiet=True) as progress:
        reporter(Settings(Path("plan"), progress.address))(_receipt())
        _until(lambda: "prepare" in progress.counts)
    assert _said(console) == ""


def test_every_stage_of_the_graph_has_its_label() -> None:
    before = ["prepare", "judge", "group", "connect", "candidates", "verify", "deduplicate"]
    assert list(LABELS) == [*before, "passages", "repeats", "protect"]


def test_nothing_is_left_when_the_run_ends_or_fails() -> None:
    with pytest.raises(ValueError, match="stop"), Progress(_console(terminal=False), 1, quiet=True) as progress:
        directory = Path(str(progress.address)).parent
        assert directory.is_dir()
        raise ValueError("stop")
    assert not directory.exists()


def test_a_worker_whose_launcher_is_gone_goes_on() -> None:
    with Progress(_console(terminal=False), 1, quiet=True) as progress:
        report = reporter(Settings(Path("plan"), progress.address))
    report(_receipt())
    reporter(Settings(Path("plan"), None))(_receipt())


def test_a_temporary_directory_too_long_for_a_socket_costs_the_progress_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("d" * 60) / ("e" * 60)
    long.mkdir(parents=True)
    monkeypatch.setitem(os.environ, "TMPDIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with Progress(_console(terminal=False), 1, quiet=True) as progress:
        assert progress.address is None
        reporter(Settings(Path("plan"), progress.address))(_receipt())
    assert progress.counts == {}
