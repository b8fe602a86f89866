import gzip
import io

import pytest

from connectors.formats import gzip as module
from connectors.formats.gzip import unzipped
from governance.records.errors import BrokenError

DATA = bytes(range(256)) * 4000


@pytest.mark.parametrize("kept", [1 << 25, 1000])
def test_the_stream_is_whole_and_seekable(kept, monkeypatch):
    monkeypatch.setattr(module, "_KEPT_BYTES", kept)
    stream = unzipped(io.BytesIO(gzip.compress(DATA) + gzip.compress(b"second member")))
    assert stream.read() == DATA + b"second member"
    stream.seek(3)
    assert stream.read(2) == DATA[3:5]


@pytest.mark.parametrize("kept", [1 << 25, 1000])
@pytest.mark.parametrize(
    ("what", "damage", "code"),
    [
        ("cut in the data", lambda data: data[:-100], "truncated"),
        ("cut in the checksum", lambda data: data[:-3], "truncated"),
        ("cut in the header", lambda data: data[:5], "truncated"),
        ("a wrong checksum", lambda data: data[:-8] + bytes([data[-8] ^ 1]) + data[-7:], "corrupt"),
        ("a changed byte", lambda data: data[:50] + bytes([data[50] ^ 255]) + data[51:], "corrupt"),
        ("no gzip", lambda data: b"plain text", "corrupt"),
        ("garbage after the end", lambda data: data + b"garbage", "corrupt"),
    ],
)
def test_a_stream_that_is_not_whole_is_broken_before_a_byte_is_handed_on(what, damage, code, kept, monkeypatch):
    monkeypatch.setattr(module, "_KEPT_BYTES", kept)
    with pytest.raises(BrokenError) as error:
        unzipped(io.BytesIO(damage(gzip.compress(DATA))))
    assert error.value.code == code
