import sys

import pytest

from connectors.base import open_connector
from connectors.government import konlpy_package
from connectors.read import read_item
from governance.records.errors import ConfigError
from tests.connectors.reading import collect, source

SPEC = source("", connector="konlpy", include=["kobill/*.txt", "kolaw/*.txt"])


def test_the_bills_and_the_constitution_are_read_without_importing_konlpy():
    connector = open_connector(SPEC)
    items = sorted(connector.list(), key=lambda item: item.name)
    bills = [f"kobill/18098{n}.txt" for n in range(90, 100)]
    assert [item.name for item in items] == [*bills, "kolaw/constitution.txt"]
    found = [collect(read_item(connector, SPEC, item)) for item in items]
    assert all(len(read.documents) == 1 and not read.broken for read in found)
    assert "대한민국은 민주공화국이다" in found[-1].texts[0]
    assert "konlpy" not in sys.modules


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(konlpy_package, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install konlpy"):
        open_connector(SPEC)
