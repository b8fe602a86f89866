"""Table of what is, and what is not, found as `address`; invented values."""

from __future__ import annotations

import pytest

from tests.transforms.pii.marks import rewritten, spans_of, unmarked

FOUND = {
    "unit where a word calls it an address": "새 주소는 «101동 203호» 입니다.",
    "floor and room where a word calls it a place": "사무실 위치 «지하 1층 12호» 안내",
    "road": "«서울특별시 강남구 테헤란로 152»에서",
    "road, building, unit": "«서울특별시 마포구 월드컵북로 412, 305동 1402호 (성산동, 월드컵아파트)» 거주",
    "numbered side road": "«경기도 성남시 분당구 정자일로 95번길 17 (정자동)»",
    "lot": "«경기도 성남시 분당구 정자동 102-15번지 301호»입니다",
    "short province": "«울산 남구 달동 1244-3»",
    "village": "«전라남도 나주시 봉황면 죽석길 22»",
    "basement": "«인천광역시 연수구 송도과학로 32, 지하 1층»",
    "hill lot": "«강원도 정선군 정선읍 무릉리 산 73-1»",
    "wing by its letter": "«인천광역시 남동구 구월로 312, 행복빌라 B동 201호», «유성구 대학로 99 한빛빌라 가동 3층»",
    "building on the next line": "«울산광역시 남구 삼산로 215\n삼산현대아파트 106동 1208호»",
    "zero-width signs at the road's end": "«강남구 테헤란\u200b로 152», «강남구 테헤란로\u200b 152»",
    "building name": "«울산광역시 남구 삼산로 215, 삼산현대아파트 1208호»",
    "without province": "«강남구 테헤란로 426» 근처",
}
CLEAN = {
    "a list on the next lines": "1. 내용\n2동 회의",
    "unit alone": "아파트 101동 203호에서 소음이 납니다",
    "metro line": "주소지 근처 지하 1층 9호선 승강장",
    "court": "서울중앙지방법원 제1호 법정",
    "law article": "도로법 제28조에 따라",
    "amount": "금으로 1,000만 원",
    "date after subject": "원고가 2015. 3. 20. 취득",
    "region alone": "서울특별시 강남구에서",
    "by lot": "제비로 1명을 뽑아",
    "difference": "1가구 차이로 500m이다",
}
PLAIN = "주소: «서울특별시 강남구 테헤란로 152» 입니다"


@pytest.mark.parametrize("case", FOUND)
def test_exactly_the_marked_spans_are_found(case: str) -> None:
    text, expected = unmarked(FOUND[case])
    assert spans_of(text, "address") == expected


@pytest.mark.parametrize("case", CLEAN)
def test_what_only_looks_like_one_is_left_alone(case: str) -> None:
    assert spans_of(CLEAN[case], "address") == []


@pytest.mark.parametrize("form", rewritten(PLAIN))
def test_obfuscated_forms_are_found_with_their_original_offsets(form: str) -> None:
    text, expected = unmarked(rewritten(PLAIN)[form])
    assert spans_of(text, "address") == expected
