import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import governance.events as events
from governance.events import GENESIS, REPAIRED, Event, EventLog, Head, head_of, head_statement
from governance.records.errors import ConfigError, IntegrityError
from governance.signing import Signer, open_envelope, sign_statement
from tests.governance.small_release import doc_id

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PULL = Event(
    at=AT,
    actor="upstage",
    action="share.pull",
    origin="203.0.113.7",
    subjects=("shard:shards/s1.parquet", f"doc:{doc_id(3)}"),
    documents=30,
    grant="g-1",
    policies=("share-permit", "policy0"),
)
COMMIT = Event(at=AT, actor="operator", action="release.commit", subjects=("release:r1", "corpus:talk"))


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(tmp_path / "state" / "events.jsonl")


def _path(log: EventLog) -> Path:
    return log._path


def _lines(log: EventLog) -> list[bytes]:
    return _path(log).read_bytes().splitlines(keepends=True)


def test_what_was_appended_is_read_back_in_order(log: EventLog) -> None:
    log.append(PULL)
    log.append(COMMIT, PULL)
    assert [(entry.seq, entry.event) for entry in log.read()] == [(0, PULL), (1, COMMIT), (2, PULL)]
    assert log.check() is None
    assert log.head().seq == 2


def test_an_empty_log_holds(log: EventLog) -> None:
    assert list(log.read()) == []
    assert log.check() is None
    assert log.head() == Head(-1, GENESIS, 0)


def test_entries_are_found_by_action_and_subject(log: EventLog) -> None:
    log.append(PULL, COMMIT)
    assert [entry.event for entry in log.read(actions=["share"])] == [PULL]
    assert [entry.event for entry in log.read(actions=["share.pull", "release"])] == [PULL, COMMIT]
    assert [entry.event for entry in log.read(subject="release:r1")] == [COMMIT]
    assert list(log.read(actions=["sha"])) == []


def test_a_line_says_what_the_law_asks_for(log: EventLog) -> None:
    log.append(PULL)
    line = json.loads(_lines(log)[0])
    assert (line["actor"], line["at"], line["from"], line["action"]) == (
        "upstage",
        "2026-01-02T03:04:05.000000+00:00",
        "203.0.113.7",
        "share.pull",
    )
    assert (line["subjects"], line["documents"]) == (list(PULL.subjects), 30)
    assert (line["grant"], line["policies"], line["outcome"]) == ("g-1", list(PULL.policies), "done")
    assert (line["seq"], line["previous"]) == (0, GENESIS)


def test_the_log_is_for_its_owner_only(log: EventLog) -> None:
    log.append(PULL)
    assert _path(log).stat().st_mode & 0o777 == 0o600


TOKEN = "mlm_abcdefgh234567ab_" + "k7" * 26
# Field, and what someone might put there by mistake: a text, a value, a token, a time without a zone.
WRONG = [
    ("actor", "이 문장은 기록될 수 없다"),
    ("actor", "k7" * 17),
    ("actor", "a" + "-b" * 32),
    ("actor", "010-1234-5678"),
    ("actor", "900101-1234567"),
    ("actor", TOKEN),
    ("actor", "Bearer x"),
    ("actor", ""),
    ("action", "Share Pull"),
    ("action", "share.pull\n"),
    ("action", "공유"),
    ("origin", "seoul"),
    ("origin", "203.0.113.7:80"),
    ("subjects", ("안녕하세요",)),
    ("subjects", ("doc:900101-1234567",)),
    ("subjects", (f"doc:{doc_id(1)} text",)),
    ("subjects", ("native:홍길동",)),
    ("subjects", ("source:minutes 첫 문장",)),
    ("subjects", ("shard:../../etc/passwd",)),
    ("documents", -1),
    ("documents", True),
    ("documents", "3"),
    ("grant", TOKEN),
    ("grant", "42"),
    ("policies", ("because the text says so",)),
    ("outcome", "perhaps"),
    ("at", datetime(2026, 1, 2)),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_no_log_may_hold_is_refused_and_not_shown(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field) as caught:
        Event(**(vars(PULL) | {field: value}))
    shown = value if isinstance(value, str) else value[0] if isinstance(value, tuple) else None
    assert field == "action" or not shown or shown not in str(caught.value)


GOOD = [
    ("source:회의록-2024",),
    ("zone:minutes-abc", "key:zone/minutes-abc"),
    ("run:20260102T030405-ab-12",),
    ("share:talk", "recipient:skt", "table:talk", "task:12", "queue:labels", "erasure:E-1", "policy:share-permit"),
]


@pytest.mark.parametrize("subjects", GOOD)
def test_ids_of_our_own_are_taken(subjects: tuple[str, ...]) -> None:
    assert Event(at=AT, actor="operator", action="zone.purge", subjects=subjects).subjects == subjects


@pytest.mark.parametrize(
    "actor",
    [
        "a" * 32,
        "lab-" * 15 + "kr",
        "크라우드웍스",
        "4u",
        "kim@example",
        doc_id(1),
        "4f9a1c2e-7b1d-4f7e-9d3e-2c6f0a1b2c3d",
    ],
)
def test_accounts_and_organisations_are_taken(actor: str) -> None:
    assert Event(at=AT, actor=actor, action="label.lease", grant=actor).actor == actor


def test_appending_nothing_writes_nothing(log: EventLog) -> None:
    log.append(PULL)
    assert log.append() == log.head()


@given(st.text(max_size=30))
def test_whatever_the_text_a_line_stays_one_line(text: str) -> None:
    try:
        event = Event(at=AT, actor=text, action="x", subjects=(f"source:{text}",))
    except ConfigError:
        return
    assert len(json.dumps(event.to_json()).splitlines()) == 1
    assert not any(sign.isspace() for sign in text)


def _tampered(lines: list[bytes]) -> dict[str, tuple[list[bytes], int]]:
    """What was done to four lines, and the first line that check names."""
    other = lines[1].replace(b'"documents":30', b'"documents":31')
    return {
        "changed": ([lines[0], other, *lines[2:]], 3),
        "taken out": ([lines[0], *lines[2:]], 2),
        "first taken out": (lines[1:], 1),
        "put in": ([lines[0], lines[1], lines[1], *lines[2:]], 3),
        "swapped": ([lines[1], lines[0], *lines[2:]], 1),
        "blank": ([lines[0], b"\n", *lines[1:]], 2),
        "no JSON": ([b"{}\n", *lines[1:]], 1),
        "bytes": ([lines[0], b"\xff\xfe\n", *lines[2:]], 2),
        "a list": ([lines[0], b"[]\n", *lines[2:]], 2),
        "a field of another shape": ([lines[0].replace(b"upstage", b"not an id"), *lines[1:]], 1),
    }


@pytest.mark.parametrize("name", _tampered([b"\n"] * 4))
def test_the_first_broken_line_is_named(log: EventLog, name: str) -> None:
    log.append(PULL, PULL, COMMIT, PULL)
    lines, broken = _tampered(_lines(log))[name]
    _path(log).write_bytes(b"".join(lines))
    error = EventLog(_path(log)).check()
    assert isinstance(error, IntegrityError)
    assert f"line {broken}:" in str(error)


def test_every_flipped_byte_breaks_the_chain_or_the_head(log: EventLog) -> None:
    log.append(PULL, COMMIT)
    head, good = log.head(), _path(log).read_bytes()
    for at in range(len(good)):
        altered = bytearray(good)
        altered[at] ^= 1
        _path(log).write_bytes(altered)
        assert EventLog(_path(log)).check(head) is not None, at


def test_a_log_cut_short_or_written_anew_is_told_by_a_head_noted_before(log: EventLog, tmp_path: Path) -> None:
    log.append(PULL, COMMIT)
    head = log.head()
    log.append(PULL)
    assert log.check(head) is None
    _path(log).write_bytes(_lines(log)[0])
    assert EventLog(_path(log)).check() is None
    assert "cut short" in str(EventLog(_path(log)).check(head))
    other = EventLog(tmp_path / "other.jsonl")
    other.append(COMMIT, PULL, PULL)
    assert other.check() is None
    assert other.check(head) is not None


def test_a_signed_head_is_checked_like_one_noted(log: EventLog) -> None:
    signer = Signer(b"\x01" * 32)
    log.append(PULL, COMMIT)
    note = sign_statement(head_statement("events.jsonl", log.head()), signer)
    log.append(PULL)
    head = head_of(open_envelope(note, signer.public_pem, "head"))
    assert log.check(head) is None
    _path(log).write_bytes(_lines(log)[0])
    assert EventLog(_path(log)).check(head) is not None
    with pytest.raises(IntegrityError, match="no head"):
        head_of({"predicateType": "x"})


def test_a_running_log_notices_that_it_was_cut(log: EventLog) -> None:
    log.append(PULL, COMMIT)
    _path(log).write_bytes(_lines(log)[0])
    with pytest.raises(IntegrityError, match="cut short"):
        log.append(PULL)


@pytest.mark.parametrize("torn", [b"{", b'{"action":"share.pull"', b"x" * 20_000])
@pytest.mark.parametrize("before", [0, 3])
def test_a_torn_last_line_is_cut_off_and_that_is_recorded(log: EventLog, before: int, torn: bytes) -> None:
    for _ in range(before):
        log.append(PULL)
    _path(log).parent.mkdir(exist_ok=True)
    with _path(log).open("ab") as file:
        file.write(torn)
    fresh = EventLog(_path(log))
    assert fresh.check() is None
    assert len(list(fresh.read())) == before
    fresh.append(COMMIT)
    assert [entry.event.action for entry in fresh.read()] == ["share.pull"] * before + [REPAIRED, "release.commit"]
    assert fresh.check() is None


def test_a_last_line_that_is_no_event_stops_the_log(log: EventLog) -> None:
    log.append(PULL)
    with _path(log).open("ab") as file:
        file.write(b"not an event\n")
    with pytest.raises(IntegrityError, match="audit log"):
        EventLog(_path(log)).append(PULL)


def test_a_full_disk_leaves_no_half_line(log: EventLog, monkeypatch) -> None:
    log.append(PULL)
    before = _path(log).read_bytes()

    def half(handle: int, data: bytes, at: int) -> None:
        os.pwrite(handle, data[:40], at)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(events, "_write_all", half)
    with pytest.raises(OSError, match="No space"):
        log.append(PULL)
    assert _path(log).read_bytes() == before
    monkeypatch.undo()
    log.append(COMMIT)
    assert log.check() is None
    assert log.head().seq == 1


def _append_many(path: str, count: int) -> None:
    log = EventLog(Path(path))
    for _ in range(count):
        log.append(PULL)


def test_processes_and_threads_share_one_chain(log: EventLog) -> None:
    with get_context("spawn").Pool(2) as pool:
        pool.starmap(_append_many, [(str(_path(log)), 50)] * 4)
    threads = [threading.Thread(target=lambda: [log.append(PULL) for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.check() is None
    assert [entry.seq for entry in log.read()] == list(range(300))


def test_a_writer_killed_at_any_moment_leaves_a_log_that_goes_on(log: EventLog) -> None:
    code = (
        "import sys; from tests.governance.test_events import *; log = EventLog(Path(sys.argv[1]))\n"
        "while True: log.append(PULL, COMMIT); print('.', flush=True)"
    )
    acknowledged = 0
    for round_number in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(_path(log))], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        for _ in range(3 + 5 * round_number):
            writer.stdout.readline()
            acknowledged += 2
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        acknowledged += 2 * len(writer.stdout.read().split())
        assert log.check() is None
        assert sum(entry.event.action != REPAIRED for entry in log.read()) >= acknowledged
    EventLog(_path(log)).append(PULL)
    assert log.check() is None


def test_only_the_end_of_a_long_log_is_read_before_an_append(log: EventLog, monkeypatch) -> None:
    log.append(*[PULL] * 500)
    read, real = [], os.pread

    def counting(handle: int, count: int, at: int) -> bytes:
        read.append(count)
        return real(handle, count, at)

    monkeypatch.setattr(os, "pread", counting)
    log.append(PULL)
    assert read == []
    EventLog(_path(log)).append(PULL)
    assert sum(read) <= 16_384 < _path(log).stat().st_size
