"""Court case numbers (사건번호) beside a party to the case: with the register of a court they name a person.

Source of truth: 사건별 부호문자의 부여에 관한 예규 (year, one to three letters, serial number). A number that is
cited alone (`대법원 2014다12345 판결`) points at a public decision and is not found; one that a party's role and name
follow (`2021가소1234 피고 김서준`) is.
"""

from __future__ import annotations

import re

from transforms.pii.gate import SURNAME
from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_PARTY = re.compile(r"원고|피고|채권자|채무자|신청인|청구인|상대방|고소인|고발인|피의자|피해자|당사자|의뢰인")
_NAMED_PARTY = re.compile(
    r"[ ,(]{1,2}(?:원고|피고인?|채권자|채무자|피?신청인|청구인) ?(?P<name>[가-힣]{3})(?:[^가-힣]|$|[은는이가의을를])"
)
# What stands after a role and is no name: 원고 주장의, 피고 소송대리인, 피고 조합.
_NO_NAME = re.compile(r"주장|소송|승소|패소|청구|소유|명의|측|본인|대리|승계|회사|조합|은행|공사|법인|대표|적격|국")
_SERIAL = r" ?[가-힣]{1,3} ?\d{1,7}(?!\d)"
_YEAR = r"[12](?<![0-9가-힣A-Za-z].)(?:(?<=1)9|(?<=2)0)\d{2}"


def _refuse(place: Place) -> bool:
    party = _NAMED_PARTY.match(place.after)
    if party and SURNAME[ord(party["name"][0])] and not _NO_NAME.search(party["name"]):
        return False
    labelled = re.search(r"사건 ?번호[ :]{0,3}[가-힣 ]{0,14}$", place.before)
    return not labelled or not (_PARTY.search(place.before) or _PARTY.search(place.after))


CASE_NUMBER = Recogniser(
    name="case_number",
    version=1,
    kind=Kind.CASE_NUMBER,
    trigger=Trigger.LABELLED,
    patterns=(
        Pattern(re.compile(rf"사건 ?번호[ :]{{0,3}}[가-힣 ]{{0,14}}(?P<value>(?:19|20)\d{{2}}{_SERIAL})"), 600),
        Pattern(re.compile(rf"{_YEAR}{_SERIAL}(?=[ ,(]{{1,2}}[원피채신청])"), 600),
    ),
    context=words("사건번호"),
    refuse=_refuse,
)
