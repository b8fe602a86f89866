"""What sensitive sentences say: the words of each category, as a table that one kernel reads.

Source: PIPA art. 23(1) (belief, union and party membership, political opinion, health, sexual life) and decree art. 18
(genetic and biometric information, criminal record, race and ethnicity). Names of diseases: the chapters of KCD-8 that
people write of; names of offences and sentences: Criminal Act art. 41, 59-2, 62; party and union words: Political
Parties Act art. 22, Trade Union Act art. 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import product


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


def _joined(*parts: str) -> Iterator[str]:
    """Every choice of one word a part (`a|b`; an empty one is left out), a blank that may be missing between them."""
    for words in product(*(part.split("|") for part in parts)):
        yield " ".join(word for word in words if word)


def _union() -> Iterator[str]:
    who, doing = "노동조합|노조", "가입|탈퇴|활동|조합원|위원장|대의원|지부장|분회장|간부|전임자|집행부"
    yield from _joined(who, doing)
    yield from _joined(who, "에|에서|의|을|를", "가입|탈퇴|활동|조합원|간부")
    yield from _joined("민주노총|한국노총|전교조|금속노조|공무원노조|화물연대|노조원")
    yield from _joined("파업|쟁의행위|단체행동", "에|", "참가|참여|가담")
    yield from ("부당노동행위로 해고", "부당노동행위를 당")


def _politics() -> Iterator[str]:
    yield from _joined("정당", "|에|의|을", "가입|탈당|당원|권리당원|책임당원|당적")
    yield from ("권리당원", "책임당원", "진성당원", "당원으로", "당원입니다", "당원 가입", "당원번호", "당적을")
    yield from _joined(
        "더불어민주당|국민의힘|정의당|진보당|조국혁신당|개혁신당|민주당", "당원|지지자|을 지지|를 지지|후원"
    )
    yield from _joined("정치적|정치", "성향|신념|신조")
    yield from (
        "정치적 견해",
        "정치적 의견",
        "지지 정당",
        "입당하",
        "입당을",
        "입당 원서",
        "탈당하",
        "탈당을",
        "탈당계",
    )
    yield from _joined("진보|보수|좌파|우파", "성향")
    yield from ("시국선언에 참여", "시국선언에 서명", "정치 후원금")


def _health() -> Iterator[str]:
    yield from _joined(
        "진단명|병명|진료기록|의무기록|처방전|투약|복용|투석|항암|기저질환|지병|우울증|조현병|공황장애|불안장애|강박장애|양극성장애|조울증|"
        "치매|당뇨|당뇨병|고혈압|저혈압|뇌졸중|뇌경색|뇌출혈|심근경색|협심증|부정맥|간경화|간경변|간염|결핵|백혈병|뇌전증|파킨슨병|알츠하이머|"
        "루게릭병|에이즈|후천성면역결핍|위암|폐암|간암|대장암|유방암|갑상선암|췌장암|전립선암|자궁경부암|난소암|신장암|방광암|혈액암|직장암|"
        "담낭암|식도암|후두암|피부암|뇌종양|림프종|진폐|정신건강의학과|정신질환|정신병|정신병원|심신미약|심신상실|지적장애|자폐|발달장애|"
        "지체장애|시각장애|청각장애|뇌병변|낙태|난임|불임|자연유산|사산하|유산했|유산하였|혈액형|알코올중독|발기부전"
    )
    yield from _joined("암", "진단|투병|환자|수술|치료|판정")
    yield from _joined("장애", "등급|정도|판정|진단")
    yield from _joined("임신", "중|초기|말기|사실|하였|했")
    yield from _joined("정신과", "의사|진료|치료|병원|상담|전문의|약|병동|입원|의원|에 다니|에서")
    yield from _joined("알코올|약물|마약|도박", "중독")
    yield from _joined("입원|통원|약물|방사선|재활", "치료")
    yield from (
        "수술을 받",
        "수술 후",
        "수술 이력",
        "이식 수술",
        "양극성 장애",
        "외상 후 스트레스",
        "병력이 있",
        "장애인 등록",
    )
    yield from ("건강검진 결과", "유전자 검사", "자살 시도", "자해", "코로나 확진", "확진 판정")


def _belief() -> Iterator[str]:
    yield from _joined("종교", "는|가|란|:|를 믿|활동|적 신념|적 이유")
    yield from _joined("불교|천주교|기독교|개신교|원불교|천도교|이슬람교", "신자|를 믿|신도")
    yield from _joined("성당|교회|절|법당", "에|", "나가|다니|다녔|다닌")
    yield from _joined("신앙생활|신앙고백|신앙|신자|교인|개종|세례를|세례명|무신론|여호와의증인|사상전향|신천지|통일교")
    yield from ("여호와의 증인", "양심적 병역", "사상 전향", "무교입니다", "무교이", "무교로", "종교상 신념")


def _sexual_life() -> Iterator[str]:
    yield from _joined(
        "동성애|양성애|트랜스젠더|성전환|성관계|성생활|성소수자|성정체성|커밍아웃|성행위|간통|혼외자|레즈비언|성병"
    )
    yield from ("성적 지향", "성적 취향", "성 정체성", "동성 연인", "동성 커플", "불륜", "외도", "혼외 관계")


def _criminal() -> Iterator[str]:
    yield from _joined("전과", "가 있|가 없|가 많|도 있|를 숨|자|기록|사실|있|#")
    yield from _joined("동종|처벌|범죄|전과|음주운전|벌금형", "전력|을 받은 전력|을 선고받은 전력")
    yield from _joined("범죄|수사", "경력")
    yield from _joined("벌금형", "을|", "선고|받|처해|확정")
    yield from _joined("징역|금고|벌금", "#")
    yield from _joined("유죄", "를 선고|판결|로 인정")
    yield from (
        "집행유예",
        "선고유예",
        "기소유예",
        "실형",
        "누범",
        "보호관찰",
        "전자발찌",
        "위치추적 전자장치",
        "치료감호",
    )
    yield from (
        "복역",
        "수감",
        "출소한",
        "출소하",
        "출소했",
        "출소 후",
        "구속되",
        "구속 기소",
        "불구속 기소",
        "구속영장",
        "소년원",
        "신상정보 등록대상자",
    )
    yield from ("범죄인 명부", "범죄경력자료", "형을 선고받")


def _biometrics() -> Iterator[str]:
    yield from _joined("지문", "정보|인식|등록|채취|감식|인증|을 등록|을 채취|을 찍")
    yield from _joined("안면|얼굴|정맥|홍채|생체", "인식|인증")
    yield from ("생체 정보", "홍채", "성문 분석", "유전자 감식", "유전자 감정", "유전자 정보")


def _ethnicity() -> Iterator[str]:
    yield from _joined(
        "인종|소수민족|혼혈|조선족|새터민|북한이탈주민|탈북자|탈북민|중국동포|재일동포|흑인|백인|화교|결혼이민자"
    )
    yield from _joined("다문화", "가정|가족")
    yield from _joined("고려인", "동포|출신|후손|이다|으로|3세|4세")
    yield from ("탈북 주민", "탈북 여성", "민족 출신", "출신 민족", "재중 동포", "결혼 이민자")


# A word of three syllables and more may stand inside a longer one; a shorter word, or one with , begins a word. A blank
# may be missing or there, # is a digit.
WORDS: dict[Sensitive, tuple[str, ...]] = {
    Sensitive.HEALTH: tuple(_health()),
    Sensitive.BELIEF: tuple(_belief()),
    Sensitive.UNION: tuple(_union()),
    Sensitive.POLITICS: tuple(_politics()),
    Sensitive.SEXUAL_LIFE: tuple(_sexual_life()),
    Sensitive.CRIMINAL_RECORD: tuple(_criminal()),
    Sensitive.BIOMETRICS: tuple(_biometrics()),
    Sensitive.ETHNICITY: tuple(_ethnicity()),
}
