"""Marks documents and sentences that speak of what PIPA calls sensitive: health, belief, union, politics and the like.

Source: PIPA art. 23, decree art. 18 (genetic, criminal record, biometric, ethnicity). A tag says that the subject is
there, not that a person is named with it; together with a name in the same document it is what a recipe may drop on.
"""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

TAGS = pa.list_(pa.string())


class Sensitive(StrEnum):
    """Categories of sensitive information."""

    HEALTH = "health"
    BELIEF = "belief"
    UNION = "union"
    POLITICS = "politics"
    SEXUAL_LIFE = "sexual_life"
    CRIMINAL_RECORD = "criminal_record"
    BIOMETRICS = "biometrics"
    ETHNICITY = "ethnicity"


# RE2 patterns, one pass each over the column.
PATTERNS: dict[Sensitive, str] = {
    Sensitive.HEALTH: (
        "진단명|병명|진료기록|처방전|투약|수술(?:을|후|력)|우울증|조현병|공황장애|당뇨|고혈압|"
        "암 ?(?:진단|환자|투병)|에이즈|HIV|장애 ?(?:등급|정도|판정)|정신과|정신건강의학과|임신 ?(?:중|초기)|"
        "낙태|유산|건강검진 결과|혈액형|유전자 ?검사|기저질환"
    ),
    Sensitive.BELIEF: (
        "종교(?:는|가|란|:)|신앙(?:생활|고백)|교회에 다니|세례|불교 ?신자|천주교 ?신자|기독교 ?신자|무교|"
        "사상 ?전향|양심적 병역"
    ),
    Sensitive.UNION: (
        "노동조합 ?(?:가입|탈퇴|활동|조합원)|노조 ?(?:가입|탈퇴|활동|조합원|위원장)|민주노총|한국노총|전교조"
    ),
    Sensitive.POLITICS: (
        "정당 ?(?:가입|탈당|당원)|당원(?:입니다|으로|번호)|지지 ?정당|정치적 ?(?:성향|견해)|입당|탈당"
    ),
    Sensitive.SEXUAL_LIFE: "성적 ?지향|동성애|양성애|트랜스젠더|성관계|성생활|성소수자|성정체성",
    Sensitive.CRIMINAL_RECORD: (
        "전과(?:가|는|기록|\\d|자)|범죄 ?경력|수사 ?경력|벌금형을? ?(?:선고|받)|집행유예|징역 ?\\d|실형|누범|"
        "보호관찰|전자발찌|기소유예"
    ),
    Sensitive.BIOMETRICS: (
        "지문 ?(?:정보|인식|등록|채취)|홍채|안면 ?인식|얼굴 ?인식|정맥 ?인식|성문 ?분석|생체 ?(?:정보|인식)"
    ),
    Sensitive.ETHNICITY: "인종|민족 ?(?:은|는|출신)|혼혈|조선족|고려인|다문화 ?가정|새터민|북한이탈주민",
}


def sensitive_tags(text: pa.Array) -> pa.Array:
    """Per row the categories it speaks of, in the order of `Sensitive`; type TAGS. A null row has none.

    Args:
        text: string or large_string: documents, or sentences where the tag should be finer.
    """
    columns = [
        pc.fill_null(pc.match_substring_regex(text, pattern), False).to_pylist() for pattern in PATTERNS.values()
    ]
    names = [category.value for category in PATTERNS]
    rows = zip(*columns, strict=True)
    return pa.array([[name for name, hit in zip(names, row, strict=True) if hit] for row in rows], TAGS)
