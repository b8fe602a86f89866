"""The licence table: complete, closed, and every row with its source."""

from __future__ import annotations

import pytest

from governance.licences import RIGHTS, licence_table

NEEDED = [
    *(f"LicenseRef-KOGL-{kind}" for kind in range(5)),
    *("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0"),
    *("MIT", "Apache-2.0", "MPL-2.0", "GPL-2.0-only", "GPL-3.0-or-later", "BSD-3-Clause"),
    *("LicenseRef-KR-PublicDomain-Art7", "LicenseRef-AIHub", "LicenseRef-NIKL", "LicenseRef-datagokr-unrestricted"),
]


@pytest.mark.parametrize("name", NEEDED)
def test_the_licences_of_korean_sources_are_in_the_table(name: str) -> None:
    assert name in licence_table().licences


def test_every_word_that_the_table_uses_is_in_the_table() -> None:
    table = licence_table()
    for name, licence in table.licences.items():
        assert set(licence.duties) <= set(table.duties), name
        assert set(licence.purposes or ()) <= set(table.purposes), name
        assert licence.source and licence.name_ko, name
    assert table.training_purposes() == {"pretrain", "finetune"}


def test_only_kogl_1_to_4_can_carry_the_ai_mark() -> None:
    marked = {name for name, licence in licence_table().licences.items() if licence.kogl_ai}
    assert marked == {f"LicenseRef-KOGL-{kind}" for kind in range(1, 5)}


@pytest.mark.parametrize("name", [name for name in licence_table().licences if name.startswith("CC-BY")])
def test_what_a_creative_commons_name_says_is_what_its_row_says(name: str) -> None:
    parts, licence = name.split("-"), licence_table().licences[name]
    assert licence.attribution is True
    assert licence.commercial is ("NC" not in parts)
    assert licence.derivatives is ("ND" not in parts)
    assert licence.share_alike is ("SA" in parts)


def test_an_agreement_leaves_every_right_open() -> None:
    licence = licence_table().licences["LicenseRef-Agreement"]
    assert {getattr(licence, right) for right in RIGHTS} == {"ask"}
