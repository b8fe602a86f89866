"""Nothing a document says may stand anywhere in a release but in its own data pages."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance import lineage
from governance.card import CardFacts, CardSource, dataset_card
from governance.delta import clean_log, remove
from governance.events import Event, EventLog
from governance.records.storage import write_bytes
from tests.governance.small_release import PLANTED, Corpus, documents

AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three releases, a removal, a checkpoint, lineage, a card and an event log, as a run would leave them."""
    corpus = Corpus.at(tmp_path_factory.mktemp("secrecy"))
    shards = [corpus.shard(f"s{n}", documents(200, first=200 * n)) for n in range(4)]
    corpus.release("r0", shards[:2])
    corpus.release("r1", shards)
    remove(corpus.root, [shards[0].path], "E-1", AT)
    clean_log(corpus.root)
    corpus.release("r2", shards[2:])
    source = CardSource("minutes", "government", "LicenseRef-KOGL-1", 400, 9_000, (shards[2].path,))
    write_bytes(corpus.root / "README.md", dataset_card(CardFacts("demo", "talk", "r2", (source,))).encode())
    facets = {"schema": lineage.schema_facet(documents(1).schema)}
    run = lineage.Run("plan", "malmoi.demo", "malmoi")
    output = lineage.Dataset("malmoi", "talk", facets)
    lineage.write_events(
        corpus.root / "lineage.jsonl", [lineage.run_event(lineage.State.COMPLETE, run, AT, (), [output])]
    )
    EventLog(corpus.root / "events.jsonl").append(Event(AT, "operator", "release.commit", subjects=("release:r2",)))
    return corpus


def _spellings(word: str) -> set[bytes]:
    """The word as UTF-8, UTF-16, JSON escapes, and its first characters alone (what statistics would cut off)."""
    whole = {word.encode(), word.encode("utf-16-le"), json.dumps(word)[1:-1].encode()}
    return whole | {word[:4].encode()}


def _outside_pages(path: Path) -> bytes:
    metadata, data = pq.read_metadata(path), path.read_bytes()
    chunks = [
        metadata.row_group(g).column(c) for g in range(metadata.num_row_groups) for c in range(metadata.num_columns)
    ]
    starts = [chunk.dictionary_page_offset or chunk.data_page_offset for chunk in chunks]
    ends = [start + chunk.total_compressed_size for start, chunk in zip(starts, chunks, strict=True)]
    return data[: min(starts)] + data[max(ends) :]


def _searched(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as bytes; Parquet files that are no shards also as their values, since their pages are compressed."""
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        if name.startswith("shards/"):
            yield name, _outside_pages(path)
        else:
            yield name, path.read_bytes()
            if path.suffix == ".parquet":
                yield f"{name} (values)", str(pq.read_table(path).to_pylist()).encode()


def test_no_planted_value_stands_outside_the_pages_of_the_shards(corpus: Corpus) -> None:
    searched = dict(_searched(corpus.root))
    kinds = {"_delta_log", "shards", "releases", "README.md", "lineage.jsonl", "events.jsonl"}
    assert {name.split("/")[0] for name in searched} == kinds
    assert any("checkpoint.parquet (values)" in name for name in searched)
    assert any("ledger.parquet (values)" in name for name in searched)
    found = [
        (name, word) for name, data in searched.items() for word in PLANTED for sign in _spellings(word) if sign in data
    ]
    assert found == []


def test_the_search_would_find_a_value_that_leaks(tmp_path: Path) -> None:
    pq.write_table(documents(50), tmp_path / "a.parquet", write_page_index=True)
    data = _outside_pages(tmp_path / "a.parquet")
    found = {word for word in PLANTED for sign in _spellings(word) if sign in data}
    assert len(found) >= 5


def test_a_delta_writer_of_the_shelf_would_leak(tmp_path: Path) -> None:
    from deltalake import write_deltalake

    write_deltalake(str(tmp_path / "t"), documents(50))
    data = b"".join(path.read_bytes() for path in (tmp_path / "t/_delta_log").glob("*.json"))
    assert any(sign in data for word in PLANTED for sign in _spellings(word))


def test_equal_texts_are_not_told_by_any_digest_outside_the_pages(corpus: Corpus) -> None:
    import hashlib

    searched = b"".join(data for _, data in _searched(corpus.root))
    texts = random.Random(1).sample(documents(800)["text"].to_pylist(), 20)
    for text in texts:
        for digest in (hashlib.sha256, hashlib.md5, hashlib.blake2b):
            assert digest(text.encode()).hexdigest().encode() not in searched
            assert digest(text.encode()).digest()[:16] not in searched


def test_tables_built_elsewhere_lose_their_metadata(tmp_path: Path) -> None:
    from governance.ledger import write_ledger
    from tests.governance.small_release import decisions

    write_ledger(tmp_path / "ledger.parquet", decisions(3).replace_schema_metadata({"pandas": PLANTED[1]}))
    assert PLANTED[1].encode() not in (tmp_path / "ledger.parquet").read_bytes()
    assert isinstance(pq.read_table(tmp_path / "ledger.parquet"), pa.Table)
