import pytest

from connectors.base import CONNECTORS, open_connector
from connectors.files import FilesConnector
from tests.connectors.reading import source


def test_a_connector_is_found_by_name(tmp_path):
    assert isinstance(open_connector(source(tmp_path)), FilesConnector)


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_every_connector_in_the_table_lists_and_opens(name, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a")
    connector = open_connector(source(tmp_path, connector=name))
    items = list(connector.list())
    assert connector.check() == []
    assert items
    assert len(connector.open(items[0].name).read()) == items[0].size
