"""Pseudonyms of the same form as what they replace, from ranges where nothing real lies.

A surrogate is made from HMAC-SHA256(key, document, kind, normalised value): there is no table to steal, and without the
key no way back. Numbers come from ranges that are not assigned or whose check digit fails, and our recognisers leave
those ranges alone, so protecting twice changes nothing.

| kind | range | source |
|---|---|---|
| phone | 010-0xxx-xxxx; landline exchange 0xx | 전기통신번호관리세칙: exchanges start with 2-9 |
| card | first four digits 0 | ISO/IEC 7812-1: reserved for ISO/TC 68, never a payment card |
| account | first three digits 000 | no bank's branch or product code is 000 |
| business number | tax office 000 | 국세청: offices from 101 |
| corporate number | registry 0000 | 대법원: registries from 1101 |
| IP address | 240.0.0.0/4 | RFC 1112, RFC 6890: reserved |
| MAC address | 02-00-00 with local bit | IEEE 802: locally administered |
| plate | 00, 000 | 자동차등록번호판 고시: numbers from 01 and 100 |
| e-mail | .invalid | RFC 2606 |
| name | none: any plausible name may be someone's; the span table says which are surrogates | |
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable

from transforms.pii.kinds import Kind
from transforms.pii.normalise import WALL, normalise
from transforms.pii.surrogate_names import name_surrogate
from transforms.pii.syllables import PLATE_LETTERS

_PLAIN = re.compile(r"[가-힣]{1,6}|[0-9-]+")  # what normalising leaves as it is
_HEX_DIGITS = re.compile(r"[0-9A-Fa-f]")


def normalised_value(kind: Kind, value: str) -> str:
    """What counts as the same value: digits only for numbers, small letters without blanks for the rest."""
    plain = value if _PLAIN.fullmatch(value) else normalise(value).text.rstrip(WALL)
    if kind in _BY_DIGITS:
        return "".join(sign for sign in plain if sign.isalnum()).lower()
    return "".join(plain.split()).lower()


def secret(key: bytes, scope: str, kind: Kind, value: str) -> int:
    """HMAC-SHA256 of scope, kind and normalised value, as a whole number; each part carries its length."""
    parts = [part.encode("utf-8", "surrogatepass") for part in (scope, kind.value, normalised_value(kind, value))]
    message = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return int.from_bytes(hmac.digest(key, message, "sha256"), "big")


def surrogate(kind: Kind, value: str, seed: int) -> str:
    """What stands in for a value; same form, and the same for the same seed.

    Args:
        seed: from `secret`.
    """
    return _MAKERS[kind](value, seed)


def refill(value: str, prefix: str, seed: int) -> str:
    """The digits of a value replaced by `prefix` and then by digits of the seed; separators stay where they are."""
    places = sum(sign.isdecimal() for sign in value)
    digits = iter(prefix + str(seed % 10**places).zfill(places)[len(prefix) :])
    return "".join(next(digits) if sign.isdecimal() else sign for sign in value)


def _phone(value: str, seed: int) -> str:
    plain = normalise(value).text.rstrip(WALL)
    digits = "".join(sign for sign in plain if sign.isdecimal())
    for area in ("8210", "010", "02"):
        if digits.startswith(area):
            break
    else:
        area = "820" if digits.startswith("82") else digits[:3]  # no area is 0, with a country code or without
    return refill(plain, area + "0", seed)


def _numeric(prefix: str) -> Callable[[str, int], str]:
    return lambda value, seed: refill(normalise(value).text.rstrip(WALL), prefix, seed)


def _email(_value: str, seed: int) -> str:
    return f"user{seed % 36**10:010x}@mail.invalid"


def _handle(value: str, seed: int) -> str:
    return f"{'@' if value.startswith('@') else ''}user{seed % 16**8:08x}"


def _ip(_value: str, seed: int) -> str:
    return f"{240 + seed % 15}.{seed >> 8 & 255}.{seed >> 16 & 255}.{seed >> 24 & 255}"


def _mac(value: str, seed: int) -> str:
    digits = iter("020000" + f"{seed % 16**6:06x}")
    return _HEX_DIGITS.sub(lambda _: next(digits), value)


def _plate(value: str, seed: int) -> str:
    plain = re.sub(r"^[가-힣]+ ?", "", normalise(value).text.rstrip(WALL))
    width = 3 if plain[2:3].isdecimal() else 2
    return f"{'0' * width}{PLATE_LETTERS[seed % len(PLATE_LETTERS)]}{(seed >> 16) % 10000:04d}"


_MAKERS: dict[Kind, Callable[[str, int], str]] = {
    Kind.PHONE: _phone,
    Kind.CARD: _numeric("0000"),
    Kind.ACCOUNT: _numeric("000"),
    Kind.BUSINESS_NUMBER: _numeric("000"),
    Kind.CORPORATE_NUMBER: _numeric("0000"),
    Kind.HEALTH_INSURANCE: _numeric("000"),
    Kind.CUSTOMS_CODE: _numeric("000"),
    Kind.MEMBER_NUMBER: _numeric("000"),
    Kind.EMAIL: _email,
    Kind.HANDLE: _handle,
    Kind.IP_ADDRESS: _ip,
    Kind.MAC_ADDRESS: _mac,
    Kind.PLATE: _plate,
    Kind.NAME: name_surrogate,
}
_BY_DIGITS = frozenset(_MAKERS) - {Kind.EMAIL, Kind.HANDLE, Kind.NAME}
