"""MAC addresses. 02-00-00 is locally administered and holds our surrogates, so it is not found.

Source of truth: IEEE 802.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

MAC_ADDRESS = Recogniser(
    name="mac_address",
    version=1,
    kind=Kind.MAC_ADDRESS,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(
            re.compile(
                r"[0-9A-Fa-f](?<![0-9A-Fa-f:].)[0-9A-Fa-f]:(?:[0-9A-Fa-f]{2}:){4}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])"
            ),
            850,
        ),
    ),
    context=words("MAC|맥주소|기기"),
    refuse=lambda place: place.value.startswith("02:00:00"),
)
