"""IPv4 and IPv6 addresses.

Source of truth: RFC 791, RFC 4291. 240.0.0.0/4 is reserved (RFC 1112) and holds our surrogates, so it is not found.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import FIRST, Pattern, Place, Recogniser, words
from transforms.pii.windows import Trigger

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_REST = r"(?:(?<=2)5[0-5]|(?<=2)[0-4]\d|(?<=1)\d\d|(?<=[1-9])\d|)"  # of the first octet
_CONTEXT = words("IP|아이피|접속|주소|서버|로그|from|host")
_VERSION = re.compile(r"(?:버전|version|ver\.?|v|제|항|조) ?$", re.IGNORECASE)


def _refuse(place: Place) -> bool:
    octets = [int(part) for part in place.value.split(".")]
    if octets[0] >= 240 or _VERSION.search(place.before):
        return True
    if _CONTEXT.search(place.before):
        return False
    # A date with its hour (1973.5.18.10) or the number of a section (1.2.3.4).
    return max(octets) <= 31 or octets[0] == 0


IP_ADDRESS = Recogniser(
    name="ip_address",
    version=1,
    kind=Kind.IP_ADDRESS,
    trigger=Trigger.NUMBER,
    patterns=(Pattern(re.compile(rf"{FIRST}{_REST}(?:\.{_OCTET}){{3}}(?![0-9A-Za-z]|\.[0-9])"), 850),),
    context=_CONTEXT,
    refuse=_refuse,
)
