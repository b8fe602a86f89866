import pytest

from pipelines.report.planted_table import grade, misses_of, planted_blocks
from pipelines.report.words import WHATS
from tests.pipelines.report.example import report_example


@pytest.mark.parametrize(
    ("found", "planted", "said"),
    [(0, 0, "none"), (7, 7, "all"), (99, 100, "most"), (94, 100, "some"), (1, 2, "some"), (1, 3, "few"), (0, 5, "few")],
)
def test_grades(found: int, planted: int, said: str) -> None:
    assert grade(found, planted) == said


def test_blocks_stand_in_the_order_in_which_they_are_named() -> None:
    rows = [
        {"what": what, "kind": "k", "variant": "v", "planted": 1, "found": 1, "withheld": 0, "misses": []}
        for what in ["new_thing", *reversed(WHATS)]
    ]
    assert [block.what for block in planted_blocks(rows)] == [*WHATS, "new_thing"]


def test_a_block_adds_up_its_kinds_and_variants() -> None:
    block = planted_blocks(report_example()["planted"])[0]
    assert (block.planted, block.found) == (7, 5)
    assert block.kinds[0].withheld == 1
    assert [(pill.name.ko, pill.planted, pill.found) for pill in block.kinds[0].pills] == [("OCR 오인식", 7, 5)]


def test_misses_name_each_place_once_under_its_corpus() -> None:
    (misses,) = misses_of(report_example()["planted"])
    assert misses.total == 2
    assert misses.groups[0].corpora == (("letters", (4017,)), ("pages", (5003,)))


def test_no_misses_no_list() -> None:
    assert misses_of([row | {"misses": []} for row in report_example()["planted"]]) == []
