"""Words that say what a number is. The nearest one before a number speaks; a farther one is about something else."""

from __future__ import annotations

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import words

# Full names only; a recogniser's own context may hold looser words.
NAMES: dict[Kind, str] = {
    Kind.RESIDENT_NUMBER: "주민등록번호|주민번호|주민등록",
    Kind.FOREIGNER_NUMBER: "외국인등록번호|외국인번호|국내거소신고번호|거소신고번호",
    Kind.PASSPORT: "여권번호|여권|passport",
    Kind.DRIVER_LICENCE: "운전면허번호|운전면허증|운전면허|면허번호|면허증",
    Kind.BUSINESS_NUMBER: "사업자등록번호|사업자번호|사업자등록|사업자",
    Kind.CORPORATE_NUMBER: "법인등록번호|법인번호|법인등기번호",
    Kind.ACCOUNT: "계좌번호|계좌",
    Kind.CARD: "카드번호|카드",
    Kind.PHONE: "연락처|전화번호|전화|휴대폰|휴대전화|핸드폰|팩스|TEL|FAX",
    Kind.HEALTH_INSURANCE: (
        "건강보험증번호|건강보험증 번호|건강보험번호|의료보험번호|보험증번호|증번호|건강보험|의료보험"
    ),
    Kind.CUSTOMS_CODE: "통관고유부호|통관번호|통관부호",
    Kind.MEMBER_NUMBER: (
        "학번|사번|군번|회원번호|고객번호|환자번호|차트번호|증권번호|증권|처방전번호|처방번호|수험번호|조합원번호"
    ),
    Kind.BIRTH_DATE: "생년월일",
    Kind.POSTAL_CODE: "우편번호",
    Kind.PLATE: "차량번호|차량등록번호|자동차등록번호",
}
# Numbers of things, not of people.
_THINGS = (
    "납부자번호|납부번호|접수번호|승인번호|관리번호|문서번호|주문번호|송장번호|운송장|예약번호|거래번호|허가번호|신고번호|"
    "인증번호|사건번호|의안번호|공고|고시|민원번호|신청번호|경영체 등록번호|보증번호|계약번호|증명번호|발급번호|민원|"
    "국민신문고|신용장|특허|출원번호|품목|모델|일련번호|버전"
)
_GROUPS = [*NAMES.items(), (None, _THINGS)]
_PATTERNS = [(kind, words(names)) for kind, names in _GROUPS]


def claim(before: str) -> tuple[Kind | None, int]:
    """The kind that the last word of `before` claims, and where that word ends; (None, -1) where there is none.

    (None, place) with a place means that the word names a thing.
    """
    last: tuple[Kind | None, int] = (None, -1)
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(before):
            if match.end() > last[1]:
                last = (kind, match.end())
    return last
