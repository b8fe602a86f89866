"""No leak: no text, title, URL, native id or planted personal value stands anywhere but where texts are meant to be."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.keys import KeyStore
from governance.restricted import read_restricted
from pipelines.commands.demo import RECIPE
from pipelines.finding import staged_files
from pipelines.home import Home
from pipelines.pii.aligning import align
from pipelines.stages.snapshot import load_items
from transforms.pii.kinds import Kind
from transforms.pii.scan import scan

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ("text", "title", "url", "author", "domain")
WINDOW = 12
# Shorter values are too likely to stand somewhere by chance: an age, a postal code, a name of two syllables.
PERSONAL_BYTES = 8
DIGITS = 10


@dataclass(frozen=True)
class Spoken:
    """An installation after a run and some use of every door, and all that was said meanwhile."""

    home: Home
    said: dict[str, bytes]
    temporary: Path
    corpora: Path


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory, sample_corpora: Path) -> Spoken:
    directory = tmp_path_factory.mktemp("leak")
    temporary = directory / "tmp"
    temporary.mkdir()
    home = Home.of(directory / "home")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(temporary),
        "MALMOI_SAMPLES": str(sample_corpora),
    }
    made = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run", str(RECIPE), "--home", str(home.root)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr.decode()[-2000:]
    said = {"stdout of run": made.stdout, "stderr of run": made.stderr, **_use_every_door(home)}
    return Spoken(home, said, temporary, sample_corpora)


def _use_every_door(home: Home) -> dict[str, bytes]:
    """A grant, a lease, a pull's worth of events; returns what the commands that show no text printed."""
    from fastapi.testclient import TestClient

    from pipelines.serving import create_server
    from tests.end_to_end.commands import invoke

    at = ("--home", str(home.root))
    invoke("share", "register", "labs", "--internal", *at)
    invoke("share", "grant", "labs", "demo", "--purpose", "label", *at)
    invoke("share", "grant", "labs", "demo", *at)
    token = invoke("queue", "workers", "add", "labs", "kim", *at, "--json").json["token"]
    server = create_server(home, lambda: datetime.now(UTC))
    client = TestClient(server, headers={"authorization": f"Bearer {token}"}, client=("127.0.0.1", 50_000))
    leased = client.post("/label/api/projects/quality/next")
    assert leased.status_code == 200 and leased.json()["text"], leased.text
    spoken = (
        ("plan", str(RECIPE)),
        ("runs",),
        ("report",),
        ("queue", "status"),
        ("queue", "next", "quality", "--token", token),
        ("share", "explain", "labs", "demo"),
        ("audit", "log"),
        ("audit", "decisions"),
        ("verify", "demo", "--key", str(home.public_key)),
        ("gc", "--dry-run"),
        ("pii", "found"),
        ("keys", "list"),
        ("query", "demo", "SELECT doc_id, source, chars, pii FROM documents"),
    )
    return {" ".join(c[:2]): (r.out + r.err).encode() for c in spoken for r in [invoke(*c, *at, "--json")]}


@pytest.fixture(scope="module")
def staged(spoken: Spoken) -> list[dict[str, Any]]:
    """Every staged row with its texts, decrypted."""
    keys = KeyStore.open(spoken.home.keys)
    columns = ["doc_id", "native_id", "item", "text", "title", "url", "author"]
    rows = []
    for zone, path in staged_files(spoken.home):
        items = load_items(zone.name, spoken.home, keys)
        for row in read_restricted(path, keys.secret(zone.key), columns=columns).to_pylist():
            rows.append(row | {"source": zone.source, "item": items[row["item"]].name})
    return rows


@pytest.fixture(scope="module")
def truth(spoken: Spoken) -> list[dict[str, Any]]:
    lines = (spoken.corpora / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["what"] == "pii"]


@pytest.fixture(scope="module")
def secrets(staged: list[dict[str, Any]], truth: list[dict[str, Any]]) -> frozenset[str]:
    """What must not be found: pieces of every text, whole titles, URLs, authors and native ids, personal values."""
    values = {row["value"] for row in truth if len(row["value"].encode()) >= PERSONAL_BYTES}
    values |= {variant for value in values for variant in _variants(value)}
    found = set(values)
    for row in staged:
        found.update(value for name in ("native_id", "title", "url", "author") if (value := row[name]))
        found.update(_windows(row["text"]))
    found = {value for value in found if len(value) >= WINDOW or value in values}
    own = "\n".join(path.read_text(encoding="utf-8") for path in _our_words())
    return frozenset(value for value in found if value not in own)


def _variants(value: str) -> Iterator[str]:
    """Other spellings of a number, and the part of it that still tells people apart; fewer digits stand in any hash."""
    groups = re.findall(r"[0-9]+", unicodedata.normalize("NFKC", value))
    digits = "".join(groups)
    if len(digits) < DIGITS:
        return
    yield digits
    yield digits.translate({48 + n: 0xFF10 + n for n in range(10)})
    ends = [groups] if len(groups) > 1 else []
    ends += [groups[-2:]] if len(groups) > 2 and sum(map(len, groups[-2:])) >= PERSONAL_BYTES else []
    for parts in ends:
        yield from (separator.join(parts) for separator in ("-", ".", " ", "\u2013"))


def _windows(text: str) -> Iterator[str]:
    """Pieces of a text from its beginning, its middle and its end, none across lines."""
    lines = [line.strip() for line in text.splitlines() if len(line.strip()) >= WINDOW]
    for line, at in zip(lines[:1] + lines[len(lines) // 2 :][:1] + lines[-1:], (0, 0.5, 1.0), strict=False):
        start = int((len(line) - WINDOW) * at)
        yield line[start : start + WINDOW]


def _our_words() -> list[Path]:
    """What we wrote ourselves may stand in a report or a plan, and a text may happen to say the same."""
    folders = [(ROOT / "configs", "*.yaml"), (ROOT / "configs", "*.cedar"), (ROOT / "pipelines" / "report", "**/*")]
    return [p for f, pattern in folders for p in f.rglob(pattern) if p.suffix in {".yaml", ".cedar", ".py", ".html"}]


def _spellings(value: str) -> Iterator[bytes]:
    """As UTF-8, as JSON and as a URL would write it."""
    yield value.encode()
    yield json.dumps(value)[1:-1].encode()
    yield quote(value).encode()


def _search(places: Iterable[tuple[str, bytes]], secrets: Iterable[str]) -> dict[str, int]:
    """Places that hold a secret, with how many they hold; the secrets are not shown."""
    patterns = sorted({s.decode("latin-1") for value in secrets for s in _spellings(value)})
    names, data = zip(*((name, bytes_.decode("latin-1")) for name, bytes_ in places), strict=True)
    frame = pl.DataFrame({"place": names, "data": data})
    found = frame.select("place", n=pl.col("data").str.extract_many(patterns).list.n_unique()).filter(pl.col("n") > 0)
    return dict(found.iter_rows())


def _unwrapped(path: Path) -> bytes:
    """Bytes of a file, with the payload of an envelope in the clear."""
    data = path.read_bytes()
    if path.name.endswith(".dsse.json"):
        return data + base64.b64decode(json.loads(data)["payload"])
    return data


def _strings(path: Path) -> bytes:
    """Every string of a Parquet file, since its pages are compressed."""
    table = pq.read_table(path)
    return json.dumps(table.to_pylist(), default=str, ensure_ascii=False).encode()


def _without_texts(path: Path) -> bytes:
    """A shard without the data pages of its text columns: footer, page index, and the pages of everything else."""
    data = bytearray(path.read_bytes())
    metadata = pq.read_metadata(path)
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if column.path_in_schema.split(".")[0] in TEXTS:
                start = column.dictionary_page_offset or column.data_page_offset
                data[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    return bytes(data)


def _files(folder: Path, *patterns: str) -> list[Path]:
    found = {path for pattern in patterns for path in folder.rglob(pattern) if path.is_file()}
    return sorted(found)


PLACES: dict[str, Callable[[Home], list[tuple[str, bytes]]]] = {
    "footers and page indexes of shards": lambda home: [
        (p.name, _without_texts(p)) for p in _files(home.corpus("demo"), "shards/**/*.parquet")
    ],
    "delta log": lambda home: [(p.name, p.read_bytes()) for p in _files(home.corpus("demo"), "_delta_log/*")],
    "ledger, index, clusters and broken": lambda home: [
        (f"{p.name} {how.__name__}", how(p))
        for p in _files(home.corpus("demo"), "releases/**/*.parquet")
        for how in (_unwrapped, _strings)
    ],
    "manifest, seal, lineage, card and books": lambda home: [
        (p.name, _unwrapped(p)) for p in _files(home.corpus("demo"), "releases/**/*.json*", "releases/**/*.md")
    ],
    "runs: plan, receipts, record and report": lambda home: [
        (p.name, p.read_bytes()) for p in _files(home.state / "runs", "*")
    ],
    "state: event log, queue, sharing store, outbox": lambda home: [
        (p.name, p.read_bytes()) for p in _files(home.state, "*") if "runs" not in p.parts
    ],
    "restricted zones": lambda home: [(str(p), _unwrapped(p)) for p in _files(home.restricted, "*")],
}


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_stands_in(place: str, spoken: Spoken, secrets: frozenset[str]) -> None:
    files = PLACES[place](spoken.home)
    assert files
    assert _search(files, secrets) == {}


def test_nothing_that_was_said_holds_a_secret(spoken: Spoken, secrets: frozenset[str]) -> None:
    assert _search(spoken.said.items(), secrets) == {}


def test_what_a_scan_of_the_release_still_finds_lies_inside_recorded_surrogates(
    spoken: Spoken, staged: list[dict[str, Any]]
) -> None:
    """Read again, a released text holds pseudonyms, coarser values, what was kept, and nothing else."""
    released = _released(spoken.home)
    before = {row["doc_id"]: row["text"] for row in staged}
    spans = defaultdict(list)
    for path in _files(spoken.home.corpus("demo"), "releases/**/spans-*.parquet"):
        for span in pq.read_table(path).sort_by("start").to_pylist():
            if span["field"] == "text":
                spans[span["doc_id"]].append(span)
    ids = sorted(released)
    texts = pa.array([released[doc_id]["text"] for doc_id in ids], pa.large_string())
    found = defaultdict(list)
    # Names and addresses are read by what stands around them, and that is what protecting changed.
    for span in scan(texts, kinds=[kind for kind in Kind if kind not in (Kind.NAME, Kind.ADDRESS)]).to_pylist():
        found[ids[span["row"]]].append(span)
    outside: Counter[str] = Counter()
    for doc_id, again in found.items():
        pieces = align(before[doc_id], spans[doc_id], released[doc_id]["text"])
        assert pieces is not None
        ends = [0, *accumulate(len(piece.text) for piece in pieces)]
        recorded = [(start, end) for start, end, piece in zip(ends, ends[1:], pieces, strict=False) if piece.span]
        outside.update(
            span["kind"] for span in again if not any(s < span["end"] and span["start"] < e for s, e in recorded)
        )
    assert sum(map(len, found.values())) > 10 and outside == {}


def test_no_file_name_is_a_secret(spoken: Spoken, secrets: frozenset[str]) -> None:
    names = "\n".join(str(path.relative_to(spoken.home.root)) for path in _files(spoken.home.root, "*"))
    assert _search([("names", names.encode())], secrets) == {}


def test_nothing_is_left_in_temporary_directories(spoken: Spoken) -> None:
    assert list(spoken.temporary.rglob("*")) == []
    assert list(spoken.home.root.rglob("*.tmp")) == []


def test_the_search_itself_finds_what_is_there(spoken: Spoken, secrets: frozenset[str]) -> None:
    # The same search over the text columns, where released texts stand, must find many.
    shards = _files(spoken.home.corpus("demo"), "shards/**/*.parquet")
    found = _search([(p.name, _strings(p)) for p in shards], secrets)
    assert len(secrets) > 1_000 and sum(found.values()) > 300


def test_no_text_column_has_statistics(spoken: Spoken) -> None:
    for path in _files(spoken.home.corpus("demo"), "shards/**/*.parquet"):
        metadata = pq.read_metadata(path)
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        columns = [group.column(number) for group in groups for number in range(metadata.num_columns)]
        texts = [column for column in columns if column.path_in_schema in TEXTS]
        assert texts and not any(column.statistics and column.statistics.has_min_max for column in texts)
        # Lists of strings inside structs too: no string but doc_id and source is bounded.
        bounded = {c.path_in_schema for c in columns if c.statistics and isinstance(c.statistics.min, str)}
        assert bounded <= {"doc_id", "source"}


def test_a_personal_value_that_was_found_is_not_in_the_released_document(
    spoken: Spoken, staged: list[dict[str, Any]], truth: list[dict[str, Any]]
) -> None:
    released = _released(spoken.home)
    found = _found_everywhere(spoken.home, staged, truth)
    assert len(found) > 60
    left = Counter(
        kind
        for doc_id, field, kind, value in found
        if doc_id in released and any(v in (released[doc_id][field] or "") for v in (value, *_variants(value)))
    )
    assert left == {}


def _released(home: Home) -> dict[str, dict[str, Any]]:
    columns = ["doc_id", "text", "title", "url", "author"]
    shards = _files(home.corpus("demo"), "shards/**/*.parquet")
    return {row["doc_id"]: row for path in shards for row in pq.read_table(path, columns=columns).to_pylist()}


def _found_everywhere(
    home: Home, staged: list[dict[str, Any]], truth: list[dict[str, Any]]
) -> set[tuple[str, str, str, str]]:
    """(doc_id, field, kind, value) of planted values all of whose places in the field a span covers."""
    spans = defaultdict(list)
    for path in _files(home.corpus("demo"), "releases/**/spans-*.parquet"):
        for span in pq.read_table(path).to_pylist():
            if span["action"] != "keep":
                spans[span["doc_id"], span["field"]].append((span["start"], span["end"]))
    by_id = {(r["source"], r["item"], r["native_id"]): r for r in staged}
    by_item = {(r["source"], r["item"]): r for r in staged}
    found = set()
    for row in truth:
        known = by_id if row["native_id"] is not None else by_item
        key = (row["corpus"], row["item"], row["native_id"])
        document = known.get(key if row["native_id"] is not None else key[:2])
        if document is None or not row["value"]:
            continue
        places = _places(document[row["field"]] or "", row["value"])
        covered = spans[document["doc_id"], row["field"]]
        if places and all(any(s <= start and end <= e for s, e in covered) for start, end in places):
            found.add((document["doc_id"], row["field"], row["kind"], row["value"]))
    return found


def _places(text: str, value: str) -> list[tuple[int, int]]:
    starts, at = [], text.find(value)
    while at >= 0:
        starts.append(at)
        at = text.find(value, at + 1)
    return [(start, start + len(value)) for start in starts]


def test_unique_identifiers_are_gone_before_anything_is_written(
    staged: list[dict[str, Any]], truth: list[dict[str, Any]]
) -> None:
    # Written with its check digit and hyphen, a resident number must not even reach the restricted zone.
    plain = {row["value"] for row in truth if row["kind"] == "rrn" and row["variant"] in ("keyword", "plain", "hyphen")}
    whole = "\n".join(value for row in staged for name in ("text", "title", "url", "author") if (value := row[name]))
    assert [value for value in plain if value in whole] == []
