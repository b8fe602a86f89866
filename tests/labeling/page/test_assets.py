from __future__ import annotations

import pytest

from governance.records.errors import NotFoundError
from labeling.lease import PersonalData, SkipReason
from labeling.page.assets import PERSONAL_DATA, SKIP_REASONS, TYPES, asset, page


def test_every_reason_and_kind_of_the_queue_is_on_the_page_in_korean():
    assert set(SKIP_REASONS) == set(SkipReason) and set(PERSONAL_DATA) == set(PersonalData)
    html = page().body.decode()
    for value, words in (*SKIP_REASONS.items(), *PERSONAL_DATA.items()):
        assert f'"{value.value}"' in html and words in html


def test_only_the_pages_own_files_are_served():
    assert {asset(name).media_type for name in TYPES} == set(TYPES.values())
    for name in ("../assets.py", "assets.py", "page.html", ""):
        with pytest.raises(NotFoundError):
            asset(name)
