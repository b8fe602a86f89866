"""Bylines: whoever stands alone in an author field is found; what is no person is not."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from transforms.pii.byline import LABEL, bylines
from transforms.pii.kinds import Kind
from transforms.pii.policy import PiiPolicy
from transforms.pii.protect import protect

FOUND = {
    "상담원 도채운": ["도채운"],
    "산림녹지과 연미람": ["연미람"],
    "감사담당관 배해든": ["배해든"],
    "위나래 (미리내대학교 토목공학과)": ["위나래"],
    "글쓴이 이가람": ["이가람"],
    "김도담, 송마루·반훈": ["김도담", "송마루", "반훈"],
    "제갈예솔": ["제갈예솔"],
    "독고금례 / 마루": ["독고금례"],
}
NOBODY = [
    "상담원",
    "운영진",
    "운영자",
    "관리자",
    "여성가족과",
    "총무과",
    "기획팀",
    "홍보팀",
    "편집부",
    "농업기술센터",
    "서울",
    "한국",
    "부산시",
    "교육청",
    "연구소",
    "위원회",
    "고객",
    "기자",
    "주무관",
    "담당자",
    "민원실",
    "",
    None,
]


@pytest.mark.parametrize("field", FOUND)
def test_people_of_a_byline_are_found_where_they_stand(field: str) -> None:
    found = list(bylines(pa.array([None, field])))
    assert [field[f.start : f.end] for f in found] == FOUND[field]
    assert {(f.row, f.kind, f.recogniser) for f in found} == {(1, Kind.NAME, LABEL)}


@pytest.mark.parametrize("field", NOBODY)
def test_offices_places_and_roles_are_nobody(field: str | None) -> None:
    assert list(bylines(pa.array([field], pa.string()))) == []


def test_an_author_is_replaced_where_a_text_would_not_tell() -> None:
    fields = {"author": pa.array(["상담원 도채운", "기획팀"]), "text": pa.array(["상담원 도채운", "기획팀"])}
    safe = protect(fields, pa.array(["a", "b"]), policy=PiiPolicy(), key=b"k" * 32)
    assert "도채운" not in safe.fields["author"][0].as_py() and safe.fields["author"][1].as_py() == "기획팀"
    assert ("author", "name", 4, 7) in set(
        zip(*(safe.spans[c].to_pylist() for c in ("field", "kind", "start", "end")), strict=True)
    )


def test_a_policy_without_names_reads_no_byline() -> None:
    policy = PiiPolicy()
    policy = replace(policy, actions={k: a for k, a in policy.actions.items() if k is not Kind.NAME})
    fields = {"author": pa.array(["상담원 도채운"])}
    assert protect(fields, pa.array(["a"]), policy=policy, key=b"k" * 32).fields["author"][0].as_py() == "상담원 도채운"
