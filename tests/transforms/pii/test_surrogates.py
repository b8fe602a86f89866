"""Surrogates keep the form, lie where nothing real is, and keep Korean particles right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.pii.marks import spans_of
from transforms.pii import checks
from transforms.pii.kinds import Kind
from transforms.pii.policy import PSEUDONYMISED
from transforms.pii.recogniser import digits_of
from transforms.pii.surrogate_names import ending, name_surrogate
from transforms.pii.surrogates import secret, surrogate

SEEDS = st.integers(0, 2**256 - 1)
VALUES = {
    Kind.PHONE: "010-2345-6789",
    Kind.CARD: "4518-2209-1147-8825",
    Kind.ACCOUNT: "110-234-887261",
    Kind.BUSINESS_NUMBER: "124-81-00998",
    Kind.CORPORATE_NUMBER: "130111-0006246",
    Kind.HEALTH_INSURANCE: "1-2345678901",
    Kind.MEMBER_NUMBER: "20231234",
    Kind.PLATE: "12가3456",
}
UNASSIGNED = {
    Kind.PHONE: ("0100",),
    Kind.CARD: ("0000",),
    Kind.ACCOUNT: ("000",),
    Kind.BUSINESS_NUMBER: ("000",),
    Kind.CORPORATE_NUMBER: ("0000",),
    Kind.HEALTH_INSURANCE: ("000",),
    Kind.MEMBER_NUMBER: ("000",),
    Kind.PLATE: ("00",),
}


@settings(deadline=None)  # the first call compiles kernels
@given(SEEDS)
@pytest.mark.parametrize("kind", VALUES)
def test_numbers_keep_their_form_and_lie_in_an_unassigned_range(kind: Kind, seed: int) -> None:
    value = VALUES[kind]
    made = surrogate(kind, value, seed)
    assert [sign.isdecimal() for sign in made] == [sign.isdecimal() for sign in value]
    assert digits_of(made).startswith(UNASSIGNED[kind])


@pytest.mark.parametrize("phone", ["02-345-6789", "031-234-5678", "+82-10-2345-6789", "0507-1234-5678", "01023456789"])
def test_every_kind_of_phone_number_keeps_its_area_and_gets_an_exchange_that_starts_with_zero(phone: str) -> None:
    made = surrogate(Kind.PHONE, phone, 12345678901234567890)
    assert len(made) == len(phone)
    assert made != phone


@settings(deadline=None)  # the first call compiles kernels
@given(SEEDS)
@pytest.mark.parametrize("phone", ["+82-10-2345-6789", "+82 31-234-5678", "+82 (0)2-234-5678"])
def test_a_surrogate_with_a_country_code_is_not_found_again(phone: str, seed: int) -> None:
    assert spans_of(f"전화 {surrogate(Kind.PHONE, phone, seed)}", "phone") == []


@settings(deadline=None)  # the first call compiles kernels
@given(SEEDS)
def test_a_surrogate_name_takes_the_same_particles(seed: int) -> None:
    for name in ("김민준", "이서우", "박한별", "최윤", "남궁민수", "김"):
        made = name_surrogate(name, seed)
        assert ending(made[-1]) == ending(name[-1])


def test_latin_names_stay_latin_and_keep_their_case() -> None:
    assert name_surrogate("NGUYEN VAN MINH", 7).isupper()
    assert name_surrogate("Nguyen Van Minh", 7).istitle()


def test_the_same_value_in_another_scope_kind_or_key_has_another_secret() -> None:
    base = secret(b"k" * 32, "doc", Kind.PHONE, "010-2345-6789")
    assert secret(b"k" * 32, "doc", Kind.PHONE, "010 2345 6789") == base
    others = {
        secret(b"j" * 32, "doc", Kind.PHONE, "010-2345-6789"),
        secret(b"k" * 32, "dod", Kind.PHONE, "010-2345-6789"),
        secret(b"k" * 32, "doc", Kind.ACCOUNT, "010-2345-6789"),
        secret(b"k" * 32, "doc", Kind.PHONE, "010-2345-6780"),
    }
    assert base not in others
    assert len(others) == 4


def test_every_kind_that_may_be_pseudonymised_has_a_surrogate() -> None:
    for kind in PSEUDONYMISED:
        assert surrogate(kind, VALUES.get(kind, "00:1A:2B:3C:4D:5E"), 1)


CHECKS = {
    "resident holds": (checks.resident, "9601211021413", True),
    "resident fails": (checks.resident, "9601211234567", False),
    "resident too short": (checks.resident, "960121", None),
    "business holds": (checks.business, "1248100998", True),
    "business fails": (checks.business, "1048656658", False),
    "corporate holds": (checks.corporate, "1301110006246", True),
    "corporate fails": (checks.corporate, "1301110006247", False),
    "card holds": (checks.luhn, "4242424242424242", True),
    "card fails": (checks.luhn, "4242424242424243", False),
    "no card": (checks.luhn, "", None),
}


@pytest.mark.parametrize("case", CHECKS)
def test_check_digits_answer_yes_no_or_unknown(case: str) -> None:
    check, digits, answer = CHECKS[case]
    assert check(digits) is answer
