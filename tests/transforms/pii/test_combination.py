from math import log2
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from transforms.pii.combination import BITS, OCCUPATION_BITS, PEOPLE, WHOLE, Limit, Limited, bits_of, coarser, limit
from transforms.pii.kinds import Kind
from transforms.pii.policy import Action, PiiPolicy, parse_policy
from transforms.pii.protect import protect

KEY = b"k" * 32
FORM = "성별: 남\n생년월일: 1980년 3월 2일\n주소: 서울특별시 강남구 테헤란로 12, 101동 202호\n나이: 44세\n직업: 교사"
K5 = log2(PEOPLE / 5)  # five people who fit


def _limited(texts: list[str], how: Limit, policy: PiiPolicy) -> Limited:
    ids = pa.array([f"d{n}" for n in range(len(texts))])
    fields = {"text": pa.array(texts, pa.large_string()), "title": pa.nulls(len(texts), pa.string())}
    return limit(fields, ids, protect(fields, ids, policy=policy, key=KEY), how, policy=policy, key=KEY)


def _policy(**actions: str) -> PiiPolicy:
    settings: dict[str, Any] = {"actions": actions, "reasons": dict.fromkeys(actions, "public_record")}
    return parse_policy(settings)


def test_bits_add_up_over_what_is_still_shown() -> None:
    shown = _limited([FORM, "아무것도 없습니다"], Limit(99), PiiPolicy())
    # The year, the district and the age stand there; sex and occupation are words.
    wanted = BITS[Kind.BIRTH_DATE, Action.GENERALISE] + BITS[Kind.ADDRESS, Action.GENERALISE]
    wanted += BITS[Kind.AGE, Action.KEEP] + 1 + OCCUPATION_BITS
    assert shown.before == pytest.approx([wanted, 0]) and not shown.dropped.any()


def test_a_full_address_beside_a_birth_date_points_at_one_person() -> None:
    kept = _limited([FORM], Limit(99), _policy(birth_date="keep", address="keep"))
    assert kept.before[0] > WHOLE > BITS[Kind.BIRTH_DATE, Action.KEEP] > BITS[Kind.BIRTH_DATE, Action.GENERALISE]


@pytest.mark.parametrize(
    ("name", "bits"), [("김민준", log2(PEOPLE / 4_000)), ("뇌민준", log2(PEOPLE / 10))], ids=["common", "rare"]
)
def test_a_name_that_is_kept_counts_more_with_a_rare_surname(name: str, bits: float) -> None:
    spans = pa.table(
        {"doc_id": ["d"], "field": ["text"], "kind": ["name"], "start": [0], "end": [3], "action": ["keep"]}
    )
    assert bits_of({"text": pa.array([f"{name} 님"])}, ["d"], spans) == pytest.approx([bits])


def test_an_identifier_that_is_kept_is_the_whole_person() -> None:
    kept = _limited(["연락처 010-2600-4143"], Limit(5), _policy(phone="keep"))
    assert kept.before[0] == WHOLE and kept.dropped[0]


def test_a_document_that_shows_too_much_is_made_coarser_step_by_step() -> None:
    policy = _policy(birth_date="keep", address="keep")
    whole = _limited([FORM, "없음"], Limit(27), policy)
    assert (whole.before > 27).tolist() == [True, False] and not whole.dropped.any()
    text = whole.protected.fields["text"][0].as_py()
    assert "1980년" in text and "3월" not in text and "강남구" in text and "테헤란로" not in text and "40대" in text
    strict = _limited([FORM], Limit(K5), policy)
    text = strict.protected.fields["text"][0].as_py()
    assert not strict.dropped[0] and "1980" not in text and "강남구" not in text and "[주소]" in text
    spans = {(s["kind"], s["action"]) for s in strict.protected.spans.to_pylist()}
    assert ("address", "destroy") in spans and ("address", "keep") not in spans


def test_what_shows_too_much_even_so_or_under_drop_is_dropped() -> None:
    assert _limited([FORM], Limit(4), PiiPolicy()).dropped.tolist() == [True]
    drop = _limited([FORM, "없음"], Limit(12, "drop"), PiiPolicy())
    assert drop.dropped.tolist() == [True, False] and np.array_equal(drop.before, drop.after)
    # Other documents of the batch are left as they were.
    assert drop.protected.fields["text"][1].as_py() == "없음"


def test_the_coarser_policies_never_open_what_was_stricter() -> None:
    policy = _policy(address="destroy", age="keep")
    first, second = coarser(policy)
    assert (first.actions[Kind.ADDRESS], first.actions[Kind.AGE]) == (Action.DESTROY, Action.GENERALISE)
    assert second.actions[Kind.AGE] is Action.DESTROY and second.actions[Kind.PHONE] is policy.actions[Kind.PHONE]
