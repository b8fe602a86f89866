"""The plain text form, and the tables that let a kernel do without it."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.transforms.text.alphabets import texts
from transforms.text.form import DROP, EXACT, KEEP, MAP, forms, plain_form

SAME = {
    "spacing": ("국민의 권리", "국 민 의\n권리"),
    "punctuation": ("국민의 권리.", "「국민」의, 권리…!"),
    "width": ("\uff21\uff22\uff23１２３", "abc123"),
    "case": ("Straße", "STRASSE"),
    "circled digits": ("①항", "1항"),
    "decomposed Hangul": ("\u1112\u1161\u11ab", "한"),
    "compatibility jamo that NFKC joins": ("ㄱㅏ", "가"),
    "compatibility ideographs": ("\uf9e4由", "理由"),
    "square units": ("㎡", "m2"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_is_the_same_but_for_its_dress_has_one_form(one: str, other: str) -> None:
    assert plain_form(one) == plain_form(other) != ""


@given(texts)
def test_a_form_is_its_own_form_unless_letters_join_across_what_was_dropped(text: str) -> None:
    form = plain_form(text)
    assert all(sign.isalnum() for sign in form)
    assert plain_form(" ".join(form)) == form or any(not sign.isascii() for sign in form)


def test_the_tables_agree_with_the_statement_on_every_sign_they_judge_alone() -> None:
    tables = forms()
    mapped = {int(point): k for k, point in enumerate(tables.points)}
    for point in [*range(0xD800), *range(0xE000, 0x30000)]:
        kind, expected = tables.kinds[point], plain_form(chr(point)).encode()
        if kind == DROP:
            assert expected == b""
        elif kind == KEEP:
            assert expected == chr(point).encode()
        elif kind != EXACT:
            k = mapped[point]
            assert tables.data[tables.starts[k] : tables.starts[k + 1]].tobytes() == expected
            assert len(expected) <= len(chr(point).encode())
    assert kind in (DROP, KEEP, MAP)
