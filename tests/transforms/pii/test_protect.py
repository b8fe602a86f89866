"""Fields come back protected, spans say where, and pseudonyms link only what the policy allows."""

from __future__ import annotations

import pyarrow as pa
import pytest

from governance.records.schemas import PII_STRUCT, SPAN
from transforms.pii.kinds import Kind
from transforms.pii.policy import Action, PiiPolicy, parse_policy
from transforms.pii.protect import Protected, protect
from transforms.pii.scan import scan

KEY = bytes(range(32))
VALUES = {
    Kind.RESIDENT_NUMBER: "주민등록번호 900101-1234567",
    Kind.BUSINESS_NUMBER: "사업자등록번호 124-81-00998",
    Kind.ACCOUNT: "국민은행 110-234-887261",
    Kind.CARD: "카드번호 4518-2209-1147-8825",
    Kind.PHONE: "전화 010-2345-6789",
    Kind.EMAIL: "메일 hong@example.com",
    Kind.IP_ADDRESS: "접속 IP 211.234.11.89",
    Kind.PLATE: "차량번호 12가3456",
}


def run(texts: list[str | None], policy: PiiPolicy | None = None, key: bytes = KEY) -> Protected:
    column = pa.array(texts, pa.large_string())
    ids = pa.array([f"doc{i}" for i in range(len(texts))])
    return protect({"text": column}, ids, policy=policy or PiiPolicy(), key=key)


def text_of(protected: Protected) -> list[str | None]:
    return protected.fields["text"].to_pylist()


def test_every_field_is_protected_and_keeps_its_type_and_nulls() -> None:
    fields = {
        "text": pa.array(["전화 010-2345-6789", None], pa.large_string()),
        "title": pa.array([None, "hong@example.com 귀하"], pa.string()),
    }
    protected = protect(fields, pa.array(["a", "b"]), policy=PiiPolicy(), key=KEY)
    assert {name: column.type for name, column in protected.fields.items()} == {n: c.type for n, c in fields.items()}
    assert protected.fields["text"][1].as_py() is None
    assert "@mail.invalid" in protected.fields["title"][1].as_py()
    assert protected.spans.schema == SPAN
    assert protected.spans.select(["doc_id", "field", "kind"]).to_pylist() == [
        {"doc_id": "a", "field": "text", "kind": "phone"},
        {"doc_id": "b", "field": "title", "kind": "email"},
    ]
    assert protected.counts.type == PII_STRUCT.field("counts").type
    assert protected.counts.to_pylist() == [[{"kind": "phone", "count": 1}], [{"kind": "email", "count": 1}]]


@pytest.mark.parametrize("kind", VALUES)
def test_no_digit_run_of_the_value_is_left_and_nothing_is_found_again(kind: Kind) -> None:
    protected = text_of(run([VALUES[kind]]))[0]
    assert protected is not None
    assert VALUES[kind].split(" ")[-1] not in protected
    again = scan(pa.array([protected])).to_pylist()
    assert again == []
    assert text_of(run([protected])) == [protected]


def test_offsets_are_those_of_the_field_as_given() -> None:
    text = "０１０－２３４５－６７８９ 그리고 hong@example.com"
    spans = run([text]).spans.to_pylist()
    assert [text[s["start"] : s["end"]] for s in spans] == ["０１０－２３４５－６７８９", "hong@example.com"]


def test_the_same_number_written_differently_has_one_pseudonym_in_a_document() -> None:
    protected = text_of(run(["전화 010-2345-6789, 다시 010 2345 6789"]))[0]
    assert protected is not None
    digits = ["".join(c for c in part if c.isdigit()) for part in protected.split(",")]
    assert digits[0] == digits[1]


def test_pseudonyms_do_not_link_documents_unless_the_source_is_linked() -> None:
    texts: list[str | None] = ["전화 010-2345-6789", "전화 010-2345-6789"]
    apart = text_of(run(texts))
    linked = text_of(run(texts, parse_policy({"link": "source"})))
    assert apart[0] != apart[1]
    assert linked[0] == linked[1]


def test_another_key_gives_another_pseudonym_and_the_same_key_the_same() -> None:
    texts: list[str | None] = ["전화 010-2345-6789"]
    assert text_of(run(texts)) == text_of(run(texts))
    assert text_of(run(texts)) != text_of(run(texts, key=bytes(32)))


ACTIONS = {
    "mask": ("phone", "전화 010-2345-6789으로", "전화 ***-****-****으로"),
    "destroy": ("phone", "전화 010-2345-6789으로", "전화 [전화번호]으로"),
    "generalise": ("address", "주소 서울특별시 강남구 테헤란로 152, 3층", "주소 서울특별시 강남구"),
    "keep": ("phone", "전화 010-2345-6789", "전화 010-2345-6789"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_does_what_it_says(action: str) -> None:
    kind, text, expected = ACTIONS[action]
    policy = parse_policy({"actions": {kind: action}, "reasons": {kind: "not_personal"}})
    protected = run([text], policy)
    assert text_of(protected) == [expected]
    assert protected.spans["action"].to_pylist() == [action]


def test_spans_and_errors_never_hold_the_value() -> None:
    protected = run(["주민등록번호 900101-1234567, 전화 010-2345-6789"])
    assert "2345" not in str(protected.spans.to_pylist())
    with pytest.raises(ValueError, match="key") as refused:
        run(["전화 010-2345-6789"], key=b"short")
    assert "short" not in str(refused.value)


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="title"):
        protect({"title": pa.array(["a"])}, pa.array(["x", "y"]), policy=PiiPolicy(), key=KEY)


def test_a_lower_bound_acts_on_more() -> None:
    text: list[str | None] = ["관리 110-234-887261 참조"]
    assert text_of(run(text)) == text
    assert text_of(run(text, parse_policy({"at_least": 300}))) != text


def test_unique_ids_are_destroyed_whatever_else_is_asked() -> None:
    policy = PiiPolicy(actions=dict.fromkeys(Kind, Action.DESTROY))
    assert text_of(run(["여권번호 M12345678"], policy)) == ["여권번호 [여권번호]"]
