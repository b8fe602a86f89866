"""The attribution list: holders, licences and duties in both languages, the same bytes for the same terms."""

from __future__ import annotations

from governance.sharing.attribution import attribution
from governance.terms import parse_terms

BASE = {"legal_basis": "licence", "evidence": "e"}
WIKI = parse_terms("wiki", BASE | {"licence": "CC-BY-SA-4.0", "holder": "위키백과 기여자", "expires": "2027-01-31"})
LAWS = parse_terms("laws", BASE | {"licence": "LicenseRef-KR-PublicDomain-Art7", "holder": "대한민국"})
POEM = parse_terms(
    "poem", BASE | {"licence": "LicenseRef-KOGL-4", "kogl_ai": True, "holder": "A", "attribution": "A 시집"}
)


def test_a_list_names_whom_and_what_to_keep_to() -> None:
    text = attribution({"wiki": WIKI, "laws": LAWS, "poem": POEM})
    assert text.index("## laws") < text.index("## poem") < text.index("## wiki")
    assert "출처 표시 (attribution): 위키백과 기여자" in text
    assert "share_alike: 2차적 저작물은 동일한 조건으로 공개한다. Publish what you adapt" in text
    assert "이용 기한 (until): 2027-01-31" in text
    assert "LicenseRef-KOGL-4 + AI" in text
    assert "A 시집" in text


def test_who_need_not_be_named_has_no_attribution_line() -> None:
    assert "출처 표시 (attribution)" not in attribution({"laws": LAWS})


def test_the_order_of_sources_does_not_change_a_byte() -> None:
    assert attribution({"wiki": WIKI, "laws": LAWS}) == attribution({"laws": LAWS, "wiki": WIKI})
