"""Bad input: each case is a clear error or a counted exit with its pointer, and nothing else is lost."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.files import FilesConnector
from governance.delta import head_version
from governance.records.errors import BrokenError, ConfigError, ErrorCode, IntegrityError
from governance.verify import verify_release
from tests.end_to_end.conftest import TERMS, World, documents, letter

ROOT = Path(__file__).resolve().parents[2]
GOOD = 20


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _lines(count: int, start: int) -> bytes:
    return b"".join(_line({"id": f"own-{n}", "text": letter(n)}) for n in range(start, start + count))


def _parquet(count: int, start: int) -> bytes:
    table = pa.table({"id": [f"p-{n}" for n in range(count)], "text": [letter(start + n) for n in range(count)]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@dataclass(frozen=True)
class Case:
    """One source: its files, the exits that are expected of it, and how many of its documents are released."""

    files: Mapping[str, bytes]
    released: int
    items: Mapping[ErrorCode, int] = field(default_factory=dict)
    documents: Mapping[ErrorCode, int] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)


ID = {"fields": {"native_id": "id"}}
HALF_GZIP = gzip.compress(_lines(9, 2_000), mtime=0)
HALF_PARQUET = _parquet(9, 2_100)
CUT_SYLLABLE = letter(2_200).encode() + "끝".encode()[:2]
ZERO_WIDTH = "\u200b\u200c\u200d\ufeff\u2060" * 9

CASES: dict[str, Case] = {
    "empty-file": Case({"empty.txt": b"", "full.txt": letter(1_000).encode()}, 1, {ErrorCode.EMPTY_ITEM: 1}),
    "no-items": Case({}, 0),
    "no-documents": Case({"blank.jsonl": b"\n\n  \n"}, 0, spec=ID),
    "cut-gzip": Case(
        {"a.jsonl.gz": HALF_GZIP[: len(HALF_GZIP) // 2], "b.jsonl": _lines(2, 1_010)},
        2,
        {ErrorCode.TRUNCATED: 1},
        spec=ID,
    ),
    "cut-parquet": Case(
        {"a.parquet": HALF_PARQUET[: len(HALF_PARQUET) // 2], "b.parquet": _parquet(2, 1_020)},
        2,
        {ErrorCode.TRUNCATED: 1},
        spec=ID,
    ),
    "bad-encoding": Case({"a.txt": CUT_SYLLABLE, "b.txt": letter(1_030).encode()}, 1, {ErrorCode.BAD_ENCODING: 1}),
    "bad-line": Case(
        {"a.jsonl": _lines(1, 1_040) + b'{"id": "x", "text": "\xff\xfe"}\n' + _lines(1, 1_041)},
        2,
        documents={ErrorCode.BAD_ENCODING: 1},
        spec={**ID, "encoding": "utf-8"},
    ),
    "bad-json": Case(
        {"a.jsonl": _lines(1, 1_050) + b'{"id": "x", "text": \n' + _lines(1, 1_051)},
        2,
        documents={ErrorCode.BAD_RECORD: 1},
        spec=ID,
    ),
    "null-text": Case(
        {"a.jsonl": _lines(1, 1_060) + _line({"id": "n", "text": None}) + _line({"id": "m"}) + _lines(1, 1_061)},
        2,
        documents={ErrorCode.NULL_TEXT: 1, ErrorCode.MISSING_FIELD: 1},
        spec=ID,
    ),
    "repeated-ids": Case(
        {"a.jsonl": b"".join(_line({"id": f"same-{n % 3}", "text": letter(1_070 + n)}) for n in range(5))},
        3,
        documents={ErrorCode.DUPLICATE_NATIVE_ID: 2},
        spec=ID,
    ),
    "zero-width": Case(
        {"a.jsonl": _line({"id": "z", "text": ZERO_WIDTH}) + _lines(1, 1_080)},
        1,
        documents={ErrorCode.EMPTY_TEXT: 1},
        spec=ID,
    ),
    "long-record": Case(
        {"a.jsonl": _lines(1, 1_090) + _line({"id": "l", "text": "가" * 30_000}) + _lines(1, 1_091)},
        2,
        documents={ErrorCode.RECORD_TOO_LARGE: 1},
        spec=ID,
    ),
    "no-reader": Case(
        {"a.hwp": b"\xd0\xcf\x11\xe0", "b.txt": letter(1_095).encode()}, 1, {ErrorCode.UNSUPPORTED_FORMAT: 1}
    ),
    "not-what-it-says": Case(
        {"a.parquet": b"this is no Parquet file at all, whatever its name says", "b.parquet": _parquet(1, 1_097)},
        1,
        {ErrorCode.CORRUPT: 1},
        spec=ID,
    ),
}


@dataclass(frozen=True)
class Released:
    """A run over every case at once."""

    world: World
    result: Mapping[str, Any]

    @property
    def release(self) -> Path:
        return Path(self.result["release"])

    def books(self, source: str, stage: str, unit: str = "document") -> Mapping[str, int]:
        return next(b for b in self.result["books"] if (b["source"], b["stage"], b["unit"]) == (source, stage, unit))

    def ids(self, source: str) -> int:
        return pl.read_parquet(self.release / "index.parquet").filter(pl.col("source") == source).height


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    world = World(tmp_path_factory.mktemp("bad"))
    world.jsonl("good", documents(GOOD))
    for name, case in CASES.items():
        world.add(name, case.files, **case.spec)
    world.settings["prepare"] = {"max_record_bytes": 60_000}
    return Released(world, world.run())


@pytest.mark.parametrize("name", CASES)
def test_every_fault_is_counted_under_its_code_and_the_rest_is_released(released: Released, name: str) -> None:
    case = CASES[name]
    broken = pl.read_parquet(released.release / "broken.parquet").filter(pl.col("source") == name)
    repeated = case.documents.get(ErrorCode.DUPLICATE_NATIVE_ID, 0)
    found = Counter(broken.select("unit", "code").iter_rows())
    expected = {("item", code.value): n for code, n in case.items.items()}
    expected |= {
        ("document", code.value): n for code, n in case.documents.items() if code is not ErrorCode.DUPLICATE_NATIVE_ID
    }
    assert found == expected
    assert released.books(name, "deduplicate")["broken"] == repeated
    assert released.ids(name) == case.released


@pytest.mark.parametrize("name", CASES)
def test_the_books_of_every_case_balance(released: Released, name: str) -> None:
    lines = [b for b in released.result["books"] if b["source"] == name]
    assert all(b["came"] == b["kept"] + b["dropped"] + b["broken"] for b in lines)
    items = released.books(name, "prepare", "item")
    assert (items["came"], items["broken"]) == (len(CASES[name].files), sum(CASES[name].items.values()))
    assert released.books(name, "protect")["kept"] == CASES[name].released


def test_a_good_source_beside_bad_ones_loses_nothing(released: Released) -> None:
    assert released.ids("good") == GOOD
    assert all(b["dropped"] == b["broken"] == 0 for b in released.result["books"] if b["source"] == "good")


def test_the_release_verifies(released: Released) -> None:
    world = released.world
    verify_release(world.home.corpus("test"), "latest", world.home.public_key.read_bytes()).require()


@pytest.mark.parametrize(
    ("name", "line"), [("bad-line", 1), ("bad-json", 1), ("null-text", 1), ("zero-width", 0), ("long-record", 1)]
)
def test_a_broken_document_is_a_pointer_to_its_bytes(released: Released, name: str, line: int) -> None:
    broken = pl.read_parquet(released.release / "broken.parquet").filter(pl.col("source") == name).sort("offset")
    data = CASES[name].files["a.jsonl"]
    offset, length = broken.select("offset", "length").row(0)
    assert data[offset : offset + length].rstrip(b"\n") == data.splitlines()[line]
    assert set(broken.columns) == {"source", "item", "unit", "code", "offset", "length", "locator", "digest"}


def test_a_document_whose_id_repeats_is_traced_as_broken(released: Released, command: Any) -> None:
    # The first of each id, in the order of the file, is the one that is kept.
    home = str(released.world.home.root)
    found = command("trace", "same-0", "--home", home, "--json").json
    assert [entry["state"] for entry in sorted(found, key=lambda e: e["offset"])] == [
        "released",
        "broken at deduplicate by native_id_once@1",
    ]


def test_a_run_without_any_document_still_makes_a_release(world: World, command: Any) -> None:
    world.add("nothing", {})
    world.jsonl("blank", [])
    world.settings["label"] = [{"project": "quality", "guideline": "읽고", "labels": ["좋음", "나쁨"], "count": 3}]
    result = world.run()
    home = str(world.home.root)
    assert all(b["kept"] == 0 for b in result["books"] if b["unit"] == "document")
    assert command("verify", "test", "--key", str(world.home.public_key), "--home", home).code == 0
    assert command("query", "test", "SELECT count(text) AS n FROM documents", "--home", home, "--json").json == [
        {"n": 0}
    ]
    assert command("queue", "status", "--home", home, "--json").json["projects"][0]["tasks"] == 0
    assert Path(result["report"]).exists()


def test_a_path_that_is_not_there_is_a_problem_of_the_plan(world: World) -> None:
    world.jsonl("good", documents(3))
    world.add("gone", {})
    (world.root / "data" / "gone").rmdir()
    with pytest.raises(ConfigError, match="gone: no directory or file at"):
        world.run()
    assert not world.home.restricted.exists()


def test_a_file_deleted_between_plan_and_run_is_one_broken_item(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add("texts", {f"{n}.txt": letter(n).encode() for n in range(6)})
    listed = FilesConnector.list

    def delete_after(self: FilesConnector) -> Any:
        items = list(listed(self))
        (world.root / "data" / "texts" / "3.txt").unlink(missing_ok=True)
        return iter(items)

    monkeypatch.setattr(FilesConnector, "list", delete_after)
    released = Released(world, world.run())
    broken = pl.read_parquet(released.release / "broken.parquet")
    assert broken.select("unit", "code").rows() == [("item", ErrorCode.VANISHED.value)]
    assert released.books("texts", "prepare", "item") | {"kept": 5, "broken": 1} == released.books(
        "texts", "prepare", "item"
    )
    assert released.ids("texts") == 5


def test_a_file_that_changes_between_plan_and_run_is_one_broken_item(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add("texts", {f"{n}.txt": letter(n).encode() for n in range(3)})
    listed = FilesConnector.list

    def change_after(self: FilesConnector) -> Any:
        items = list(listed(self))
        (world.root / "data" / "texts" / "1.txt").write_bytes(letter(77).encode())
        return iter(items)

    monkeypatch.setattr(FilesConnector, "list", change_after)
    released = Released(world, world.run())
    broken = pl.read_parquet(released.release / "broken.parquet")
    assert broken.select("unit", "code").rows() == [("item", ErrorCode.CHANGED.value)]
    assert released.ids("texts") == 2


def test_a_source_that_cannot_be_opened_mid_run_breaks_its_items_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.jsonl("good", documents(4))
    world.add("flaky", {f"{n}.txt": letter(n + 50).encode() for n in range(4)})
    opened = FilesConnector.open
    calls = Counter[str]()

    def fail_on_the_second_opening(self: FilesConnector, name: str) -> Any:
        calls[name] += 1  # the listing opened it once, to read its digest
        if name in ("1.txt", "2.txt") and calls[name] > 1:
            raise BrokenError(ErrorCode.UNREADABLE, name)
        return opened(self, name)

    monkeypatch.setattr(FilesConnector, "open", fail_on_the_second_opening)
    released = Released(world, world.run())
    assert released.books("flaky", "prepare", "item")["broken"] == 2
    assert (released.ids("flaky"), released.ids("good")) == (2, 4)


def test_an_item_that_could_not_be_listed_is_counted(world: World) -> None:
    world.add("texts", {"a.txt": letter(1).encode()})
    (world.root / "data" / "texts" / "away.txt").symlink_to(world.root / "elsewhere.txt")
    released = Released(world, world.run())
    items = released.books("texts", "prepare", "item")
    assert (items["came"], items["kept"], items["broken"]) == (2, 1, 1)


def test_an_output_that_cannot_be_written_is_a_clear_error(world: World, command: Any) -> None:
    world.jsonl("good", documents(3))
    taken = world.root / "a-file"
    taken.write_bytes(b"")
    failed = command("run", str(world.recipe), "--home", str(taken / "home"), "--json")
    assert failed.code == 2 and "a-file" in failed.err and "Traceback" not in failed.err


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({}, "states no terms"),
        ({**TERMS, "expires": "2026-11-23"}, "expired"),
        ({**TERMS, "training": False}, "do not allow training"),
        ({**TERMS, "valid_from": "2026-11-25"}, "not valid yet"),
    ],
)
def test_a_source_whose_terms_do_not_hold_is_refused_before_a_byte_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch, terms: Mapping[str, Any], why: str
) -> None:
    world.jsonl("good", documents(3))
    world.jsonl("wanting", documents(3, 10), terms=terms)
    opened: list[str] = []
    made = FilesConnector.list

    def list_and_note(self: FilesConnector) -> Any:
        opened.append(self._source)
        return made(self)

    monkeypatch.setattr(FilesConnector, "list", list_and_note)
    result = world.run()
    assert [(r["source"], why in r["reason"]) for r in result["refused"]] == [("wanting", True)]
    assert set(opened) == {"good"} and {b["source"] for b in result["books"]} == {"good"}


def test_terms_that_end_today_still_hold(world: World) -> None:
    world.jsonl("good", documents(3), terms={**TERMS, "expires": "2026-11-24"})
    assert world.run()["refused"] == []


def test_a_licence_that_nobody_knows_is_a_problem_of_the_plan(world: World) -> None:
    world.jsonl("good", documents(3), terms={**TERMS, "licence": "CC-BY-4.1"})
    with pytest.raises(ConfigError, match=r"CC-BY-4\.1.*CC-BY-4\.0"):
        world.run()


def test_books_that_do_not_balance_leave_no_release(world: World, command: Any) -> None:
    world.jsonl("good", documents(10))
    world.run()
    receipts = list(world.home.restricted.glob("*/judge/*.json"))
    # A later plan that reuses the judging: only the cut of the shards is another.
    world.settings["publish"] = {"shard_bytes": 5_000}
    for path in receipts:
        receipt = json.loads(path.read_bytes())
        receipt["books"]["dropped"] += 1
        path.write_bytes(json.dumps(receipt).encode())
    before = head_version(world.home.corpus("test"))
    failed = command("run", str(world.recipe), "--home", str(world.home.root), "--json")
    assert failed.code == IntegrityError.exit_code == 4
    assert "books of good, judge, documents do not balance: 10 in, 10 kept + 1 dropped + 0 broken" in failed.err
    assert head_version(world.home.corpus("test")) == before
    runs = command("runs", "--home", str(world.home.root), "--json").json
    assert sorted(run["state"] for run in runs) == ["done", "failed"]


def test_documents_lost_between_two_stages_leave_no_release(world: World) -> None:
    world.jsonl("good", documents(10))
    world.run()
    world.settings["publish"] = {"shard_bytes": 5_000}
    for path in world.home.restricted.glob("*/judge/*.json"):
        receipt = json.loads(path.read_bytes())
        receipt["books"].update({"in": 9, "kept": 9})
        path.write_bytes(json.dumps(receipt).encode())
    with pytest.raises(IntegrityError, match=r"good: prepare kept 10, judge received 9.*judge kept 9, deduplicate"):
        world.run()


def _run_measured(world: World) -> tuple[dict[str, Any], float]:
    """Runs in a process of its own; returns the result and its highest memory in MB."""
    measure = "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    measure += "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "run",
        str(world.recipe),
        "--home",
        str(world.home.root),
        "--json",
    ]
    made = subprocess.run(
        [sys.executable, "-c", measure, *command], cwd=ROOT, capture_output=True, text=True, timeout=900, check=True
    )
    result, last = made.stdout.strip().splitlines()[-2:]
    code, peak = last.split()
    assert code == "0", made.stderr[-2000:]
    return json.loads(result), float(peak)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_line_of_200_megabytes_is_broken_without_being_held(world: World) -> None:
    huge = ("가나다라마바사 " * 13_000).encode() * 700
    assert len(huge) > 200_000_000
    world.jsonl("good", documents(GOOD))
    world.add("wide", {"a.jsonl": _lines(5, 500) + b'{"id": "x", "text": "' + huge + b'"}\n' + _lines(5, 600)}, **ID)
    world.add("whole", {"a.txt": huge, "b.txt": letter(700).encode()})
    world.add("zipped", {"a.jsonl.gz": gzip.compress(b'{"id": "x", "text": "' + huge + b'"}\n', 1)}, **ID)
    del huge
    result, peak = _run_measured(world)
    released = Released(world, result)
    assert [released.ids(name) for name in ("good", "wide", "whole", "zipped")] == [GOOD, 10, 1, 0]
    broken = pl.read_parquet(released.release / "broken.parquet").sort("source")
    assert broken.select("source", "unit", "code").rows() == [
        ("whole", "item", "record_too_large"),
        ("wide", "document", "record_too_large"),
        ("zipped", "document", "record_too_large"),
    ]
    # The run without it takes about 490 MB, nearly all of it code.
    assert peak < 800


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_million_tiny_documents_are_all_accounted_for(world: World) -> None:
    count = 1_000_000
    world.add(
        "tiny",
        {"a.jsonl": "".join(f'{{"id": "n{n}", "text": "{n:06d} 민원 접수"}}\n' for n in range(count)).encode()},
        **ID,
    )
    result, peak = _run_measured(world)
    released = Released(world, result)
    lines = [b for b in result["books"] if b["unit"] == "document"]
    assert lines[0]["came"] == count
    assert sum(b["dropped"] + b["broken"] for b in lines) + released.ids("tiny") == count
    assert released.ids("tiny") > 0.9 * count
    # 1,430 MB and 90 s on two cores.
    assert peak < 2_000


def test_the_place_of_a_lost_document_says_nothing_of_its_text(released: Released) -> None:
    digests = pl.read_parquet(released.release / "broken.parquet")["digest"]
    assert digests.n_unique() == len(digests) and digests.str.len_chars().unique().to_list() == [26]
