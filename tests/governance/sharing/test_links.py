"""Links: bound to a token and a file, ended by time, and by any change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.records.errors import RefusedError
from governance.sharing.links import EXPIRED, INVALID, FileName, open_link, sign_link

AT = datetime(2026, 11, 24, tzinfo=UTC)
KEY = b"k" * 32
FILE = FileName("pretrain", "hangeul", 3, "abcdef")
LINK = sign_link(KEY, "token1", FILE, AT + timedelta(hours=1))


def test_a_link_opens_its_file_until_it_ends() -> None:
    assert open_link(KEY, LINK, FILE, AT) == "token1"
    with pytest.raises(RefusedError) as caught:
        open_link(KEY, LINK, FILE, AT + timedelta(hours=1))
    assert caught.value.policies == (EXPIRED,)


@pytest.mark.parametrize(
    "file",
    [
        replace(FILE, purpose="evaluate"),
        replace(FILE, corpus="x"),
        replace(FILE, version=4),
        replace(FILE, file_id="x"),
    ],
    ids=["purpose", "corpus", "version", "file"],
)
def test_a_link_opens_no_other_file(file: FileName) -> None:
    with pytest.raises(RefusedError) as caught:
        open_link(KEY, LINK, file, AT)
    assert caught.value.policies == (INVALID,)


def test_a_link_of_another_installation_opens_nothing() -> None:
    with pytest.raises(RefusedError):
        open_link(b"x" * 32, LINK, FILE, AT)


@given(st.integers(0, len(LINK) - 1), st.characters(codec="utf-8"))
def test_no_character_of_a_link_can_be_changed(place: int, character: str) -> None:
    changed = LINK[:place] + character + LINK[place + 1 :]
    if changed != LINK:
        with pytest.raises(RefusedError):
            open_link(KEY, changed, FILE, AT)


@given(st.text(max_size=60))
def test_garbage_is_refused_and_nothing_else_happens(text: str) -> None:
    with pytest.raises(RefusedError):
        open_link(KEY, text, FILE, AT)


def test_a_link_is_short() -> None:
    assert len(LINK) < 50
