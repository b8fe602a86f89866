"""What stands where a span was, for each action."""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.policy import Action
from transforms.pii.unique import PLACEHOLDER

PLACEHOLDERS: dict[Kind, str] = {
    **PLACEHOLDER,
    Kind.BUSINESS_NUMBER: "[사업자등록번호]",
    Kind.CORPORATE_NUMBER: "[법인등록번호]",
    Kind.HEALTH_INSURANCE: "[건강보험증번호]",
    Kind.CUSTOMS_CODE: "[개인통관고유부호]",
    Kind.ACCOUNT: "[계좌번호]",
    Kind.CARD: "[카드번호]",
    Kind.PHONE: "[전화번호]",
    Kind.EMAIL: "[전자우편]",
    Kind.HANDLE: "[계정]",
    Kind.URL: "[누리집]",
    Kind.IP_ADDRESS: "[접속주소]",
    Kind.MAC_ADDRESS: "[기기주소]",
    Kind.PLATE: "[차량번호]",
    Kind.BIRTH_DATE: "[생년월일]",
    Kind.AGE: "[나이]",
    Kind.ADDRESS: "[주소]",
    Kind.POSTAL_CODE: "[우편번호]",
    Kind.POSITION: "[위치]",
    Kind.MEMBER_NUMBER: "[번호]",
    Kind.CASE_NUMBER: "[사건번호]",
    Kind.NAME: "[이름]",
    Kind.ORGANISATION: "[기관]",
}

_DISTRICT = re.compile(
    r"^(?:[가-힣]{2,7}(?:특별자치시|특별자치도|특별시|광역시|도|시)? ?)?(?:[가-힣]{1,5}(?:시|군|구)(?: |(?=[가-힣])))*"
)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_SIGN = re.compile(r"[^\W_]")


def mask(value: str) -> str:
    """Every letter and digit as *; separators stay."""
    return _SIGN.sub("*", value)


def generalise(kind: Kind, value: str) -> str:
    """A coarser value: address to district, birth date to year, age to decade, URL to host; else the placeholder."""
    if kind is Kind.ADDRESS:
        district = _DISTRICT.match(value)
        return district.group().rstrip() if district and district.group().strip() else PLACEHOLDERS[kind]
    if kind is Kind.BIRTH_DATE:
        year = _YEAR.search(value)
        return f"{year.group()}년" if year else PLACEHOLDERS[kind]
    if kind is Kind.AGE:
        years = re.search(r"\d+", value)
        return f"{int(years.group()) // 10 * 10}대" if years and int(years.group()) >= 10 else PLACEHOLDERS[kind]
    if kind is Kind.URL:
        host = re.match(r"(?:https?://)?[^/?#]+", value)
        return host.group() if host else PLACEHOLDERS[kind]
    return PLACEHOLDERS[kind]


def plain_replacement(action: Action, kind: Kind, value: str) -> str:
    """Replacement for every action that needs no key."""
    if action is Action.MASK:
        return mask(value)
    return generalise(kind, value) if action is Action.GENERALISE else PLACEHOLDERS[kind]
