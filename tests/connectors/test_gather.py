import pyarrow as pa
import pytest

from connectors.formats.contract import WHOLE, Broken, Limits
from connectors.gather import Gathered, Part, read_parts
from connectors.read import read_item
from tests.connectors.reading import MemoryConnector, collect, source

SPEC = source()
FILES = {f"{n}.txt": f"문서 {n}".encode() * (n % 7) for n in range(40)} | {"z.hwp": b"x"}
FILES["m.jsonl"] = b'{"text": "a"}\n{"text": null}\n{"text": "b"}\n' * 5


def gathered(limits):
    connector = MemoryConnector(FILES)
    parts = [Part(number, item, WHOLE) for number, item in enumerate(connector.list())]
    return list(read_parts(connector, SPEC, parts, limits=limits))


def one_by_one():
    connector = MemoryConnector(FILES)
    reads = [collect(read_item(connector, SPEC, item)) for item in connector.list()]
    documents = [(n, document) for n, read in enumerate(reads) for document in read.documents]
    return documents, [(n, broken) for n, read in enumerate(reads) for broken in read.broken]


@pytest.mark.parametrize("limits", [Limits(1), Limits(3), Limits(1000), Limits(1000, batch_bytes=60)])
def test_gathering_changes_no_document_no_order_and_no_count(limits):
    found = gathered(limits)
    batches = [part for part in found if isinstance(part, Gathered)]
    rows = [row for part in batches for row in zip(part.numbers.to_pylist(), part.batch.to_pylist(), strict=True)]
    documents, broken = one_by_one()
    assert rows == documents
    assert [part for part in found if not isinstance(part, Gathered)] == broken
    assert all(part.numbers.type == pa.int32() for part in batches)
    assert all(part.batch.num_rows <= limits.batch_rows for part in batches)


def test_small_items_share_a_batch():
    batches = [part for part in gathered(Limits(1000)) if isinstance(part, Gathered)]
    assert len(batches) == 1
    assert {type(part[1]) for part in gathered(Limits()) if isinstance(part, tuple)} == {Broken}
