import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Item
from connectors.formats.contract import TO_END, WHOLE
from connectors.formats.registry import FORMATS, format_of, splits
from tests.connectors.reading import source

AUTO = source()


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.jsonl", "jsonl"), ("a/b.NDJSON", "jsonl"), ("a.json", "json"), ("a.json.gz", "json"), ("a.csv", "csv"),
        ("a.tsv", "tsv"), ("a.txt", "txt"), ("a.MD", "markdown"), ("a.xml", "xml"), ("a.htm", "html"),
        ("a.parquet", "parquet"), ("a.conllu", "conllu"), ("a.hwp", "hwp"), ("a.hwpx", "hwpx"), ("a.pdf", "pdf"),
        ("a.warc.gz", "warc"), ("a.zip", "zip"), ("a.docx", "office"), ("README", "unknown"), ("a.b/c", "unknown"),
        ("a.xyz", "unknown"), (".gz", "unknown"), ("a.txt.gz.gz", "unknown"),
    ],
)  # fmt: skip
def test_a_format_is_known_by_the_suffix_and_nothing_is_skipped(name, format):
    assert format_of(AUTO, name).name == format


def test_a_declared_format_wins_over_the_suffix():
    assert format_of(source(format="tsv"), "a.txt").name == "tsv"


def test_no_suffix_belongs_to_two_formats():
    suffixes = [suffix for row in FORMATS.values() for suffix in row.suffixes]
    assert len(suffixes) == len(set(suffixes))


@settings(deadline=None)
@given(st.integers(1, 2000), st.integers(1, 600))
def test_splits_cover_an_item_once(size, split_bytes):
    parts = splits(Item("a.jsonl", size, "", 0), AUTO, split_bytes)
    starts = [part.start for part in parts]
    assert starts[0] == 0
    assert parts[-1].stop == TO_END
    assert [part.stop for part in parts[:-1]] == starts[1:]
    lengths = [stop - start for start, stop in zip(starts, [*starts[1:], size], strict=True)]
    assert max(lengths) <= split_bytes and max(lengths) - min(lengths) <= 1
    assert len(lengths) == max(1, -(-size // split_bytes))
    assert all(sum(part.holds(offset) for part in parts) == 1 for offset in (0, size // 2, size - 1))


def test_a_text_file_is_cut_only_where_its_lines_are_documents():
    item = Item("a.txt", 25, "", 0)
    assert splits(item, AUTO, 10) == [WHOLE]
    assert len(splits(item, source(options={"records": "lines"}), 10)) == 3


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv", "a.json", "a.html", "a.hwp", "a.warc.gz"])
def test_what_cannot_be_cut_is_one_split(name):
    assert splits(Item(name, 1000, "", 0), AUTO, 10) == [WHOLE]
