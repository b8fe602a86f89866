"""Every recogniser, in one list. A new one is its file and a line here."""

from __future__ import annotations

from transforms.pii.account import ACCOUNT
from transforms.pii.address import ADDRESS
from transforms.pii.age import AGE
from transforms.pii.birth_date import BIRTH_DATE
from transforms.pii.business_number import BUSINESS_NUMBER
from transforms.pii.card import CARD
from transforms.pii.case_number import CASE_NUMBER
from transforms.pii.corporate_number import CORPORATE_NUMBER
from transforms.pii.customs_code import CUSTOMS_CODE
from transforms.pii.driver_licence import DRIVER_LICENCE
from transforms.pii.email import EMAIL
from transforms.pii.foreigner_number import FOREIGNER_NUMBER
from transforms.pii.handle import HANDLE
from transforms.pii.health_insurance import HEALTH_INSURANCE
from transforms.pii.ip_address import IP_ADDRESS
from transforms.pii.mac_address import MAC_ADDRESS
from transforms.pii.member_number import MEMBER_NUMBER
from transforms.pii.passport import PASSPORT
from transforms.pii.phone import PHONE
from transforms.pii.plate import PLATE
from transforms.pii.position import POSITION
from transforms.pii.postal_code import POSTAL_CODE
from transforms.pii.recogniser import Recogniser
from transforms.pii.resident_number import RESIDENT_NUMBER
from transforms.pii.url import URL

RECOGNISERS: tuple[Recogniser, ...] = (
    RESIDENT_NUMBER,
    FOREIGNER_NUMBER,
    CORPORATE_NUMBER,
    PASSPORT,
    DRIVER_LICENCE,
    CARD,
    BUSINESS_NUMBER,
    PHONE,
    ACCOUNT,
    IP_ADDRESS,
    PLATE,
    EMAIL,
    ADDRESS,
    URL,
    BIRTH_DATE,
    AGE,
    POSTAL_CODE,
    HEALTH_INSURANCE,
    CUSTOMS_CODE,
    MEMBER_NUMBER,
    POSITION,
    HANDLE,
    MAC_ADDRESS,
    CASE_NUMBER,
)
