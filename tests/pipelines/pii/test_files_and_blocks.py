import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.records.errors import ConfigError, MalmoiError, NotFoundError
from pipelines.pii import blocks as cutting
from pipelines.pii.blocks import Columns, blocks, grouped
from pipelines.pii.files import Kind, find_files, size_of
from pipelines.pii.reading import rows_of, rows_of_group

TEXT = Columns(("text",), "id")


def _write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_files_come_in_order_with_their_kind_and_their_place_below_what_was_given(tmp_path: Path) -> None:
    for name in ("b/x.jsonl.gz", "a.parquet", "c.txt", "ignored.bin", "d.md"):
        _write(tmp_path / name, b"x")
    found = find_files([tmp_path])
    assert [(str(f.relative), f.kind, f.packing) for f in found] == [
        ("a.parquet", Kind.PARQUET, ""),
        ("b/x.jsonl.gz", Kind.JSONL, ".gz"),
        ("c.txt", Kind.TEXT, ""),
        ("d.md", Kind.TEXT, ""),
    ]
    assert size_of(found) == 4


def test_what_is_not_there_or_says_no_kind_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "letters.jsonl", b"")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match=r"did you mean '.*letters.jsonl'"):
        find_files([tmp_path / "leters.jsonl"])
    with pytest.raises(NotFoundError, match="no file below"):
        find_files([tmp_path / "empty"])
    with pytest.raises(ConfigError, match="must end in"):
        find_files([_write(tmp_path / "x.doc", b"")])


@given(st.lists(st.text("가a\n", max_size=9), max_size=20), st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_lines_are_whole_and_numbered_whatever_the_size_of_a_block(lines: list[str], size: int) -> None:
    import json
    import tempfile

    data = "\n".join(json.dumps({"text": line}) if line else "" for line in lines).encode()
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "BLOCK_BYTES", size)
        path = _write(Path(directory) / "x.jsonl", data)
        found = list(blocks(find_files([path]), Columns(("text",)), whole_rows=False))
        rows = [rows_of(block, Columns(("text",))) for block in found]
    assert b"".join(block.payload for block in found if isinstance(block.payload, bytes)) == data
    assert [text for r in rows for text in r.texts["text"].to_pylist()] == [line for line in lines if line]
    assert [n for r in rows for n in r.places] == [n for n, line in enumerate(lines, 1) if line]


def test_a_bad_line_is_a_broken_place_and_loses_no_other(tmp_path: Path) -> None:
    data = '{"id":1,"text":"하나"}\n{\n{"id":2,"text":5}\n[]\n{"id":null,"text":"둘"}\n{"id":3,"text":"\\ud800"}\n'
    (block,) = blocks(find_files([_write(tmp_path / "x.jsonl", data.encode())]), TEXT, whole_rows=False)
    rows = rows_of(block, TEXT)
    assert rows.ids == ["1", "x.jsonl#5"] and rows.texts["text"].to_pylist() == ["하나", "둘"]
    assert [place.split(", ")[1] for place in rows.broken] == [
        "line 2: no JSON",
        "line 3: a text that is no text",
        "line 4: no object of names and values",
        "line 6: half of a surrogate pair",
    ]
    assert not any("하나" in place for place in rows.broken)


def test_a_line_that_is_too_long_is_stepped_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK_BYTES", 64)
    monkeypatch.setattr(cutting, "LINE_BYTES", 200)
    data = b'{"text":"a"}\n' + b'{"text":"' + b"x" * 1000 + b'"}\n{"text":"b"}\n'
    found = list(blocks(find_files([_write(tmp_path / "x.jsonl", data)]), Columns(("text",)), whole_rows=False))
    rows = [rows_of(block, Columns(("text",))) for block in found]
    assert [t for r in rows for t in r.texts["text"].to_pylist()] == ["a", "b"]
    assert [n for r in rows for n in r.places] == [1, 3]
    assert len([place for r in rows for place in r.broken]) == 1


def test_a_long_text_is_cut_at_paragraphs_and_counted_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "TEXT_BYTES", 100)
    monkeypatch.setattr(cutting, "BLOCK_BYTES", 50)
    text = "\n\n".join(f"{n}번째 문단입니다." for n in range(40))
    found = list(blocks(find_files([_write(tmp_path / "x.txt", text.encode())]), TEXT, whole_rows=False))
    assert len(found) > 5 and "".join(str(block.payload) for block in found) == text
    assert all(text[b.first :].startswith(str(b.payload)) for b in found)
    assert all(str(block.payload).endswith("\n\n") for block in found[:-1])


def test_texts_in_the_old_encoding_are_read_and_others_are_broken(tmp_path: Path) -> None:
    _write(tmp_path / "a.txt", "계좌번호는 다음과 같습니다".encode("cp949"))
    _write(tmp_path / "b.txt.gz", gzip.compress("안녕".encode()))
    _write(tmp_path / "c.txt", b"abc \xfe\xff\xff")
    rows = [rows_of(block, TEXT) for block in blocks(find_files([tmp_path]), TEXT, whole_rows=False)]
    assert [r.texts["text"][0].as_py() for r in rows[:2]] == ["계좌번호는 다음과 같습니다", "안녕"]
    assert rows[2].broken


def test_rows_of_parquet_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "text": ["가", None], "n": [1, 2]})
    pq.write_table(table, tmp_path / "x.parquet")
    files = find_files([tmp_path / "x.parquet"])
    (block,) = blocks(files, TEXT, whole_rows=False)
    rows = rows_of(block, TEXT)
    assert (rows.ids, rows.texts["text"].to_pylist()) == (["1", "2"], ["가", None])
    with pytest.raises(ConfigError, match=r"no column 'txt'; did you mean 'text'\?"):
        list(blocks(files, Columns(("txt",)), whole_rows=False))
    with pytest.raises(ConfigError, match="holds int64, not text"):
        list(blocks(files, Columns(("n",)), whole_rows=False))
    _write(tmp_path / "bad.parquet", b"PAR1 no")
    _write(tmp_path / "cut.jsonl.gz", gzip.compress(b'{"text":"a"}\n' * 9999)[:-20])
    for name in ("bad.parquet", "cut.jsonl.gz"):
        with pytest.raises(MalmoiError, match="cut off or damaged"):
            list(blocks(find_files([tmp_path / name]), TEXT, whole_rows=False))


def test_small_texts_are_read_together_and_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "BLOCK_BYTES", 100)
    for n, size in enumerate((40, 40, 40, 150, 10)):
        _write(tmp_path / f"{n}.txt", b"x" * size)
    _write(tmp_path / "a.jsonl", b'{"text":"a"}\n')
    groups = list(grouped(blocks(find_files([tmp_path]), Columns(("text",)), whole_rows=False)))
    names = [[str(block.file.relative) for block in group] for group in groups]
    assert names == [["0.txt", "1.txt"], ["2.txt"], ["3.txt"], ["4.txt"], ["a.jsonl"]]
    rows, shifts = rows_of_group(groups[0], Columns(("text",)))
    assert rows.ids == ["0.txt", "1.txt"] and shifts == [0, 0]
    assert [len(text) for text in rows.texts["text"].to_pylist()] == [40, 40]
