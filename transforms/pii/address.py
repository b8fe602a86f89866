"""Road and lot addresses (도로명주소, 지번주소) down to building and unit.

Source of truth: 도로명주소법 시행령 (road name, building number, unit in that order) and 행정구역 names of the 17
provinces and cities. A region alone (`서울특별시 강남구`) points at no person and is not found; a road or lot number
is what makes an address. The unit (동·호) is the part that identifies, so a span never stops before it.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

SIDO = (
    r"(?:서울(?:특별시|시)?|(?:부산|대구|인천|광주|대전|울산)(?:광역시|시)?|세종(?:특별자치시|시)?|경기도?|강원(?:특별자치도|도)?|"
    r"충청[남북]도|충[남북]|전라[남북]도|전북특별자치도|전[남북]|경상[남북]도|경[남북]|제주(?:특별자치도|도)?)"
)
SIGUNGU = r"[가-힣]{1,5}(?:시|군|구)"
_REGION = rf"(?:{SIDO} ?(?:{SIGUNGU} ?){{0,2}}|(?:{SIGUNGU} ?){{1,2}})"
_TOWN = r"(?:[가-힣]{1,6}(?:읍|면) ?)?"
_ROAD = r"[가-힣0-9A-Za-z·.]{1,12}(?:대로|로|길)(?: ?\d{1,4}(?:번|번안|가|나|다)?길)?(?: ?[가-힣]{1,3}길)?"
_NUMBER = r" ?(?:지하 ?)?\d{1,5}(?:-\d{1,5})?(?:번지)?(?![0-9A-Za-z년월원개명%]|,[0-9])"
_LOT = r"(?:[가-힣]{1,6}\d{0,2}(?:동|리)(?:\d가)?|[가-힣]{1,6}\d가)"
_LOT_NUMBER = r" ?(?:산 ?)?\d{1,5}(?:-\d{1,5})?(?:번지)?(?![0-9A-Za-z년월원개명차호층동%]|,[0-9])"

_BUILDINGS = (
    "아파트|빌라|빌딩|타워|오피스텔|맨션|원룸|청사|주공|자이|푸르지오|래미안|힐스테이트|아이파크|센터|하우스|마을|단지|연립|주택|상가|플라자|캐슬|"
    "팰리스|파크|시티|빌|홀|롯데캐슬|더샵|편한세상|기숙사|관|촌|몰|스퀘어|회관|병원|학교"
)
_UNIT = r"(?:지하 ?)?(?:제 ?)?[A-Za-z가-힣]?\d{1,4}(?:-\d{1,4})?(?:동|호실|호|층|실|단지)(?![가-힣]{2,}(?:시|구)\b)"
_WING = r"[A-Za-z가나다라마바사아자차카타파하]동(?= ?(?:지하 ?)?\d{1,4}(?:호|층))"  # 도로명주소법 시행령: 상세주소
_BUILDING = rf"[가-힣A-Za-z0-9]{{1,14}}(?:{_BUILDINGS})(?![가-힣])"
_ASIDE = r"\((?=[^)]{0,30}(?:동|리|가|아파트|빌|타워|마을|자이))[가-힣A-Za-z0-9 ,.-]{2,30}\)"
# A name that only its unit number shows to be a building (목동신시가지 5단지 521동).
_NAMED_UNIT = rf"(?:[가-힣A-Za-z0-9]{{2,12}} ){{1,2}}(?={_UNIT})"
_SHORT_UNIT = r"\d{2,4}-\d{3,4}(?![0-9-])"
# The line ends before the building or the unit.
_NEXT_LINE = rf"|\n(?:{_BUILDING} (?={_UNIT})|{_UNIT}(?= {_UNIT}))"
_DETAIL = (
    rf"(?:(?:, ?| ?)(?:{_UNIT}|{_WING}|{_BUILDING}|{_ASIDE}|{_SHORT_UNIT})|, ?{_NAMED_UNIT}{_UNIT}{_NEXT_LINE}){{0,6}}"
)

_CONTEXT = words(
    "주소|거주지|소재지|주거지|거주|자택|본적|등록기준지|배송지|사업장|근무지|근무장소|장소|본점|주거|방문지|위치|"
    "관할 지역|발송지|수령지|주소지|사는 곳|살고"
)

ADDRESS = Recogniser(
    name="address",
    version=1,
    kind=Kind.ADDRESS,
    trigger=Trigger.PLACE,
    patterns=(
        Pattern(re.compile(rf"(?<![가-힣0-9A-Za-z]){_REGION}{_TOWN}{_ROAD}{_NUMBER}{_DETAIL}"), 850),
        Pattern(re.compile(rf"(?<![가-힣0-9A-Za-z]){_REGION}{_TOWN}{_LOT}{_LOT_NUMBER}{_DETAIL}"), 800),
        Pattern(re.compile(rf"(?<![가-힣0-9A-Za-z]){_ROAD}{_NUMBER}(?=[, ]{{1,2}}(?:{_UNIT}|{_ASIDE})){_DETAIL}"), 500),
        Pattern(re.compile(rf"(?<![가-힣0-9A-Za-z]){_ROAD}{_NUMBER}(?![가-힣])"), 250),
        Pattern(re.compile(rf"(?<![가-힣0-9A-Za-z]){_LOT}{_LOT_NUMBER}번지{_DETAIL}"), 450),
        # A unit alone, where a word calls it an address.
        Pattern(re.compile(r"(?<![가-힣0-9A-Za-z-])(?:지하 ?)?\d{1,4}(?:동|층) ?\d{1,4}호(?![가-힣]*선)"), 300),
    ),
    context=_CONTEXT,
)
