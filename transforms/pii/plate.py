"""Vehicle registration plates (자동차등록번호): digits, a usage letter, four digits; older ones with a region.

Source of truth: 자동차등록번호판 등의 기준에 관한 고시. Criminal and civil case numbers of last century share the
shape (98도1234): after a date, `선고`, `자` or a court, and before `판결`, `결정` or `사건`, it is no plate. 00 and
000 are unassigned and hold our surrogates.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.syllables import PLATE_LETTERS
from transforms.pii.windows import Trigger

_REGIONS = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
_CONTEXT = words("차량번호|차량|번호판|차번호|자동차|승용차|화물차|등록번호|차종|운전|주차|택시|버스|오토바이")
_COURT = re.compile(
    r"(?:선고|사건번호: ?|사건|[.일] ?자|법원|[가-힣]지원|[가-힣]고법|[가-힣]지법|판례|판결|결정) ?(?:위 )?[(,]? ?$"
)
_CASE = re.compile(r"(?:, ?\d+)* ?(?:호|판결|결정|명령|전원합의체|사건|\(공\d)")
_ARTICLE = re.compile(r"제 ?$")  # 제34조 2015
_DATE = re.compile(r"\s?(?:\.\s?[01]?\d\.|년)")  # 선정자 24가 2015. 7. 6.

_LETTER = rf" ?[{PLATE_LETTERS}] ?\d{{4}}(?![0-9A-Za-z]|-[0-9])"


def _refuse(place: Place) -> bool:
    if set(re.findall(r"\d+", place.value)[:1]) & {"00", "000"} or _DATE.match(place.after):
        return True
    if "조" in place.value and _ARTICLE.search(place.before):
        return True
    if _CONTEXT.search(place.before):
        return False
    return bool(_COURT.search(place.before) or _CASE.match(place.after))


PLATE = Recogniser(
    name="plate",
    version=1,
    kind=Kind.PLATE,
    trigger=Trigger.PLATE,
    patterns=(
        Pattern(re.compile(rf"(?:{_REGIONS})(?<![가-힣]..) ?\d{{2,3}}{_LETTER}"), 700),
        # Its end masked, where a word names it.
        Pattern(
            re.compile(
                rf"[0-9](?<![0-9A-Za-z-][0-9])\d{{1,2}} ?[{PLATE_LETTERS}] ?(?=[\d*]{{4}}(?![0-9*]))\d{{1,3}}\*{{1,3}}"
            ),
            300,
        ),
        Pattern(re.compile(rf"[0-9](?<![0-9A-Za-z-][0-9])(?<![0-9][.,][0-9])\d{{1,2}}{_LETTER}"), 700),
    ),
    context=_CONTEXT,
    refuse=_refuse,
)
