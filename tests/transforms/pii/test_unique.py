"""Unique identifiers are gone, for good, and nothing else is touched."""

from __future__ import annotations

import pyarrow as pa
import pytest

from governance.records.schemas import STAGED
from transforms.pii.kinds import UNIQUE_IDS, Kind
from transforms.pii.scan import scan
from transforms.pii.unique import PLACEHOLDER, destroy_unique_ids

TEXTS = [
    "주민번호 900101-1234567, 외국인등록번호 900101-5234567으로",
    None,
    "전화 010-2345-6789와 메일은 남는다",
    "여권 M123A4567, 면허 11-12-345678-90, 여권 M12345678",
]


def test_unique_ids_become_placeholders_and_the_rest_stays() -> None:
    text, counts = destroy_unique_ids(pa.array(TEXTS, pa.large_string()))
    assert text.to_pylist() == [
        "주민번호 [주민등록번호], 외국인등록번호 [외국인등록번호]으로",
        None,
        TEXTS[2],
        "여권 [여권번호], 면허 [운전면허번호], 여권 [여권번호]",
    ]
    assert counts.to_pylist() == [
        [{"kind": "foreigner_number", "count": 1}, {"kind": "resident_number", "count": 1}],
        [],
        [],
        [{"kind": "driver_licence", "count": 1}, {"kind": "passport", "count": 2}],
    ]


@pytest.mark.parametrize("form", [pa.string(), pa.large_string()])
def test_counts_have_the_staged_type_and_text_is_large_string(form: pa.DataType) -> None:
    text, counts = destroy_unique_ids(pa.array(TEXTS, form))
    assert text.type == pa.large_string()
    assert counts.type == STAGED.field("destroyed").type


@pytest.mark.parametrize("column", [[], [None], ["아무것도 없다"]])
def test_columns_without_a_find_come_back_as_they_were(column: list[str | None]) -> None:
    text, counts = destroy_unique_ids(pa.array(column, pa.large_string()))
    assert text.to_pylist() == column
    assert counts.to_pylist() == [[] for _ in column]


def test_destroying_again_changes_nothing() -> None:
    once, _ = destroy_unique_ids(pa.array(TEXTS, pa.large_string()))
    twice, counts = destroy_unique_ids(once)
    assert twice.equals(once)
    assert not any(counts.to_pylist())


@pytest.mark.parametrize("kind", UNIQUE_IDS)
@pytest.mark.parametrize("around", ["{}", "번호 010-2345-6789 {} 900101", "주민등록번호: {}1234567", "M{}12345678"])
def test_no_placeholder_is_taken_for_personal_data(kind: Kind, around: str) -> None:
    text = around.format(PLACEHOLDER[kind])
    found = scan(pa.array([text]), at_least=0).to_pylist()
    inside = range(text.index("["), text.index("]") + 1)
    assert not [row for row in found if row["start"] in inside or row["end"] - 1 in inside]
