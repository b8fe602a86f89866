"""One vocabulary for the labels of gold sets: what each set, tool and Malmoi itself calls the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from transforms.pii.gold import LABEL

# Words of other sets and tools, in the words of the gold sets (data README: labels). Source: the label lists of
# ko-pii, nufi-security, KLUE-NER (PS, OG, LC), Presidio's supported entities; upper case, `_` between words.
_SAME: dict[str, str] = {
    "KR_RRN": "RRN", "RESIDENT_REGISTRATION_NUMBER": "RRN", "KR_FRN": "FRN", "KR_FOREIGNER_REG": "FRN",
    "KR_PASSPORT": "PASSPORT", "DRIVER_LICENSE": "DRIVER", "KR_DRIVER_LICENSE": "DRIVER", "BUSINESS_REG": "BRN",
    "KR_BRN": "BRN", "CORP_REG": "CORP", "KR_CORPORATE_NUMBER": "CORP", "KR_ACCOUNT": "ACCOUNT",
    "KR_BANK_ACCOUNT": "ACCOUNT", "BANK_ACCOUNT": "ACCOUNT", "CREDIT_CARD": "CARD", "KR_PHONE": "PHONE",
    "PHONE_NUMBER": "PHONE", "FAX": "PHONE", "EMAIL_ADDRESS": "EMAIL", "VEHICLE": "PLATE",
    "KR_VEHICLE_PLATE": "PLATE", "PERSON": "NAME", "KR_PERSON": "NAME", "PS": "NAME", "PER": "NAME",
    "KR_LOCATION": "ADDRESS", "KR_ADDRESS": "ADDRESS", "DT_BIRTH": "DOB", "DATE_OF_BIRTH": "DOB",
    "POSTAL_CODE": "POSTAL", "KR_POSTAL_CODE": "POSTAL", "OG": "ORG", "ORGANIZATION": "ORG", "LC": "LOC",
    "LOCATION": "LOC", "EDUCATION": "EDU", "MAJOR": "EDU", "HEIGHT": "BODY", "WEIGHT": "BODY",
    "NATIONALITY": "NATION", "DOC_ID": "ID", "PETITION_ID": "ID", "EMPLOYEE_ID": "ID", "MEDICAL_INSURANCE": "ID",
    "KR_HEALTH_INSURANCE": "ID", "KR_CUSTOMS_CODE": "ID", "MEMBER_NUMBER": "ID", "PRESCRIPTION": "ID",
    "PRESCRIPTION_ID": "ID", "EDI_DRUG": "ID", "COURT_CASE": "ID", "IP_ADDRESS": "IP",
}  # fmt: skip
_OURS = {kind.value.upper(): label for kind, label in LABEL.items()}
SYNONYMS: Mapping[str, str] = MappingProxyType({**_SAME, **_OURS})


def common_label(label: str) -> str:
    """The gold sets' word for a label; a label that nobody knows stays as it is, in capitals."""
    plain = label.upper().replace("-", "_").replace(" ", "_")
    return SYNONYMS.get(plain, plain)
