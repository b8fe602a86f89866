"""Sensitive subjects are marked, plain ones are not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from transforms.pii.sensitive import PATTERNS, TAGS, Sensitive, sensitive_tags

SPEAKS = {
    Sensitive.HEALTH: "진단명은 우울증이며 처방전을 받았다",
    Sensitive.BELIEF: "신앙생활을 시작한 뒤 세례를 받았다",
    Sensitive.UNION: "노조 가입을 이유로 해고되었다",
    Sensitive.POLITICS: "정당 가입 사실을 숨겼다",
    Sensitive.SEXUAL_LIFE: "자신의 성적 지향을 밝혔다",
    Sensitive.CRIMINAL_RECORD: "전과가 있고 집행유예 기간이었다",
    Sensitive.BIOMETRICS: "출입문에 지문 등록을 하였다",
    Sensitive.ETHNICITY: "북한이탈주민인 피해자",
}


@pytest.mark.parametrize("category", Sensitive)
def test_each_category_is_marked(category: Sensitive) -> None:
    assert category.value in sensitive_tags(pa.array([SPEAKS[category]])).to_pylist()[0]


def test_plain_text_and_null_have_no_tag_and_the_type_is_fixed() -> None:
    tags = sensitive_tags(pa.array(["오늘 회의는 3시에 시작합니다.", None, ""], pa.large_string()))
    assert tags.type == TAGS
    assert tags.to_pylist() == [[], [], []]


def test_every_category_has_a_pattern() -> None:
    assert list(PATTERNS) == list(Sensitive)
