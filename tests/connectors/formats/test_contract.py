import pytest

from connectors.formats.contract import TO_END, Broken, Split, options_of
from connectors.formats.csv import CsvOptions
from connectors.formats.xml import XmlOptions
from governance.records.errors import ErrorCode
from tests.connectors.reading import source


@pytest.mark.parametrize(
    ("split", "held"),
    [(Split(0, 3), [0, 1, 2]), (Split(2, TO_END), [2, 3, 4]), (Split(), [0, 1, 2, 3, 4]), (Split(1, 1), [])],
)
def test_a_split_is_half_open(split, held):
    assert [offset for offset in range(5) if split.holds(offset)] == held


def test_each_format_takes_its_own_options_of_a_mixed_source():
    spec = source(options={"delimiter": ";", "record": "row", "date_format": "%Y"})
    assert options_of(spec, CsvOptions).delimiter == ";"
    assert options_of(spec, XmlOptions).record == "row"


def test_broken_says_where_and_why_and_holds_no_text():
    broken = Broken("document", ErrorCode.NULL_TEXT, 3, 4, "@3")
    assert repr(broken) == (
        "Broken(unit='document', code=<ErrorCode.NULL_TEXT: 'null_text'>, offset=3, length=4, locator='@3')"
    )
