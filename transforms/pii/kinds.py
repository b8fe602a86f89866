"""The kinds of personal information, their PIPA class, and which wins where two claim the same characters."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a span holds. The enumeration is closed: spans, counts and policies hold nothing else."""

    RESIDENT_NUMBER = "resident_number"  # 주민등록번호
    FOREIGNER_NUMBER = "foreigner_number"  # 외국인등록번호, 국내거소신고번호
    PASSPORT = "passport"  # 여권번호
    DRIVER_LICENCE = "driver_licence"  # 운전면허번호
    BUSINESS_NUMBER = "business_number"  # 사업자등록번호
    CORPORATE_NUMBER = "corporate_number"  # 법인등록번호
    HEALTH_INSURANCE = "health_insurance"  # 건강보험증번호
    CUSTOMS_CODE = "customs_code"  # 개인통관고유부호
    ACCOUNT = "account"  # 계좌번호
    CARD = "card"
    PHONE = "phone"
    EMAIL = "email"
    HANDLE = "handle"  # messenger and SNS names
    URL = "url"
    IP_ADDRESS = "ip_address"
    MAC_ADDRESS = "mac_address"
    PLATE = "plate"  # 자동차등록번호
    BIRTH_DATE = "birth_date"
    AGE = "age"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    POSITION = "position"  # GPS 좌표
    MEMBER_NUMBER = "member_number"  # student, employee, member and policy numbers
    CASE_NUMBER = "case_number"  # 사건번호 that stands with the parties' names
    NAME = "name"
    ORGANISATION = "organisation"


class PipaClass(StrEnum):
    """Classes of the Personal Information Protection Act (PIPA). They decide which actions are open to a kind."""

    UNIQUE_ID = "unique_id"  # art. 24, 24-2, decree art. 19: destroyed, nothing else
    SENSITIVE = "sensitive"  # art. 23
    IDENTIFIER = "identifier"  # art. 2(1)(a): points at one person by itself
    QUASI_IDENTIFIER = "quasi_identifier"  # art. 2(1)(b): points at a person together with other information


# Source: PIPA art. 2, 23, 24, 24-2 and decree art. 18, 19 (unique identifiers are these four and no others).
PIPA_CLASS: dict[Kind, PipaClass] = {
    Kind.RESIDENT_NUMBER: PipaClass.UNIQUE_ID,
    Kind.FOREIGNER_NUMBER: PipaClass.UNIQUE_ID,
    Kind.PASSPORT: PipaClass.UNIQUE_ID,
    Kind.DRIVER_LICENCE: PipaClass.UNIQUE_ID,
    Kind.BUSINESS_NUMBER: PipaClass.QUASI_IDENTIFIER,
    Kind.CORPORATE_NUMBER: PipaClass.QUASI_IDENTIFIER,
    Kind.HEALTH_INSURANCE: PipaClass.IDENTIFIER,
    Kind.CUSTOMS_CODE: PipaClass.IDENTIFIER,
    Kind.ACCOUNT: PipaClass.IDENTIFIER,
    Kind.CARD: PipaClass.IDENTIFIER,
    Kind.PHONE: PipaClass.IDENTIFIER,
    Kind.EMAIL: PipaClass.IDENTIFIER,
    Kind.HANDLE: PipaClass.IDENTIFIER,
    Kind.URL: PipaClass.QUASI_IDENTIFIER,
    Kind.IP_ADDRESS: PipaClass.QUASI_IDENTIFIER,
    Kind.MAC_ADDRESS: PipaClass.QUASI_IDENTIFIER,
    Kind.PLATE: PipaClass.IDENTIFIER,
    Kind.BIRTH_DATE: PipaClass.QUASI_IDENTIFIER,
    Kind.AGE: PipaClass.QUASI_IDENTIFIER,
    Kind.ADDRESS: PipaClass.IDENTIFIER,
    Kind.POSTAL_CODE: PipaClass.QUASI_IDENTIFIER,
    Kind.POSITION: PipaClass.QUASI_IDENTIFIER,
    Kind.MEMBER_NUMBER: PipaClass.IDENTIFIER,
    Kind.CASE_NUMBER: PipaClass.QUASI_IDENTIFIER,
    Kind.NAME: PipaClass.IDENTIFIER,
    Kind.ORGANISATION: PipaClass.QUASI_IDENTIFIER,
}

UNIQUE_IDS: tuple[Kind, ...] = tuple(k for k, c in PIPA_CLASS.items() if c is PipaClass.UNIQUE_ID)

# Where spans overlap, one backed by a keyword or check digit (SURE) beats one that is not; among equals the kind that
# stands first here wins, then the higher score, then the longer span. Stricter classes stand before looser ones, and
# kinds with an anchor of their own (a sign, a bank's name) before bare digits.
PRECEDENCE: tuple[Kind, ...] = (
    Kind.EMAIL,
    Kind.URL,
    Kind.RESIDENT_NUMBER,
    Kind.FOREIGNER_NUMBER,
    Kind.CORPORATE_NUMBER,
    Kind.CUSTOMS_CODE,
    Kind.PASSPORT,
    Kind.DRIVER_LICENCE,
    Kind.CARD,
    Kind.BUSINESS_NUMBER,
    Kind.PHONE,
    Kind.HEALTH_INSURANCE,
    Kind.ACCOUNT,
    Kind.IP_ADDRESS,
    Kind.MAC_ADDRESS,
    Kind.POSITION,
    Kind.PLATE,
    Kind.ADDRESS,
    Kind.BIRTH_DATE,
    Kind.MEMBER_NUMBER,
    Kind.POSTAL_CODE,
    Kind.AGE,
    Kind.NAME,
    Kind.ORGANISATION,
    Kind.CASE_NUMBER,
    Kind.HANDLE,
)
RANK: dict[Kind, int] = {kind: rank for rank, kind in enumerate(PRECEDENCE)}
