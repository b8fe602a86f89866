import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.formats import lines as module
from connectors.formats.contract import TO_END, WHOLE, Broken, Limits, Split
from connectors.formats.lines import LineSource, line_encoding
from governance.records.errors import BrokenError


def split_up(size, step):
    return [Split(start, start + step if start + step < size else TO_END) for start in range(0, size, step)]


def lines_of(data, split=WHOLE, limit=1 << 20, *, blank=False):
    """(offset, length, bytes or the code of what is broken) of every line."""
    found = []
    for part in LineSource(io.BytesIO(data), "utf-8", split, Limits(max_record_bytes=limit), blank):
        if isinstance(part, Broken):
            found.append((part.offset, part.length, part.code.value))
        else:
            found += zip(part.offsets, part.lengths, part.texts, strict=True)
    return sorted(found, key=lambda line: line[0])


@pytest.fixture(params=[1, 3, 7, 1 << 20])
def block(request, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", request.param)


LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"a").replace(b"\r", b"b")), max_size=12)
ENDS = st.sampled_from([b"\n", b"\r\n"])


@settings(deadline=None, max_examples=150)
@given(LINES, ENDS, st.booleans(), st.booleans(), st.integers(1, 30))
def test_every_line_belongs_to_exactly_one_split(found, end, closed, marked, step):
    data = b"\xef\xbb\xbf" * marked + end.join(found) + end * closed
    whole = lines_of(data)
    assert [line for _, _, line in whole] == [line for line in found if line]
    assert all(data[offset : offset + length] == line for offset, length, line in whole)
    pieces = [line for split in split_up(len(data), step) for line in lines_of(data, split)]
    assert pieces == whole


def test_offsets_do_not_depend_on_the_block(block):
    data = b"ab\n\n" + b"c" * 20 + b"\r\nd\n" + b"e" * 9
    assert lines_of(data) == [(0, 2, b"ab"), (4, 20, b"c" * 20), (26, 1, b"d"), (28, 9, b"e" * 9)]
    for step in range(1, len(data)):
        assert [x for s in split_up(len(data), step) for x in lines_of(data, s)] == lines_of(data)


def test_blank_lines_are_kept_on_request(block):
    assert [line for *_, line in lines_of(b"a\n\n\r\nb\n", blank=True)] == [b"a", b"", b"", b"b"]


def test_a_line_over_the_limit_is_broken_and_the_others_go_on(block):
    data = b"a" * 30 + b"\nok\n" + b"b" * 31 + b"\nfine\n" + b"c" * 50
    expected = [
        (0, 30, "record_too_large"), (31, 2, b"ok"), (34, 31, "record_too_large"), (66, 4, b"fine"),
        (71, 50, "record_too_large"),
    ]  # fmt: skip
    assert lines_of(data, limit=20) == expected
    assert [x for s in split_up(len(data), 10) for x in lines_of(data, s, limit=20)] == expected


class _Endless(io.RawIOBase):
    """A line of a given length that is never held whole anywhere."""

    def __init__(self, size):
        self.size, self.position = size, 0

    def seek(self, position, whence=0):
        self.position = position
        return position

    def read(self, count=-1):
        count = min(count, self.size - self.position)
        self.position += count
        return b"x" * count


def test_a_200_mb_line_is_refused_without_being_held():
    tracemalloc.start()
    try:
        source = LineSource(_Endless(200 << 20), "utf-8", WHOLE, Limits(max_record_bytes=16 << 20))
        (broken,) = list(source)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (broken.code, broken.offset, broken.length) == ("record_too_large", 0, 200 << 20)
    assert peak < 24 << 20


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_wide_encodings_have_places_in_their_own_bytes(codec):
    text = "첫 줄\r\n\n둘째 줄 ਊ\n셋"  # U+0A0A holds the byte of a newline twice
    data = text.encode(codec)
    bare = codec if codec[-2:] in ("le", "be") else codec + "-le"
    parts = list(LineSource(io.BytesIO(data), "auto", WHOLE, Limits()))
    assert [t.decode() for t in parts[0].texts] == ["첫 줄", "둘째 줄 ਊ", "셋"]
    for line, offset, length in zip(parts[0].texts, parts[0].offsets, parts[0].lengths, strict=True):
        assert data[offset : offset + length].decode(bare) == line.decode()
    assert list(LineSource(io.BytesIO(data), "auto", Split(2, 9), Limits())) == []


@pytest.mark.parametrize(
    ("what", "data", "codec"),
    [
        ("one bad line in UTF-8", "가\n나\n다\n".encode() + b"\xff\xfe\xfa\n", "utf-8"),
        ("one bad line in CP949", "가\n나\n다\n".encode("cp949") + b"\xff\xff\n", "cp949"),
        ("UTF-8 that passes as CP949", "좋다\n".encode() * 2 + "좋다".encode()[:-1] + b"\n", "utf-8"),
        ("a long file with a NUL in it", b"a\0b\n" + ("가나" * 10 + "\n").encode() * 9000, "utf-8"),
        ("a head cut inside a character", ("가" * 90_000).encode(), "utf-8"),
        ("a head cut inside a CP949 character", ("x" + "가" * 140_000).encode("cp949"), "cp949"),
    ],
)
def test_the_encoding_of_most_lines_is_that_of_the_file(what, data, codec):
    assert line_encoding(io.BytesIO(data), "auto").codec == codec


def test_lines_that_are_mostly_undecodable_break_the_item():
    with pytest.raises(BrokenError) as error:
        line_encoding(io.BytesIO(b"\xff\xff\n\xff\xfd\n" + "가\n".encode()), "auto")
    assert error.value.code == "bad_encoding"
