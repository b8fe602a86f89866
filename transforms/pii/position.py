"""GPS positions in decimal degrees, within Korea.

Source of truth: extent of the territory, 33-39 degrees north, 124-132 east; four decimals and more point at a house.
"""

from __future__ import annotations

import re

from transforms.pii.kinds import Kind
from transforms.pii.recogniser import Pattern, Recogniser, words
from transforms.pii.windows import Trigger

_NORTH, _EAST = r"[3-8]\.\d{4,9}", r"(?:2[4-9]|3[01])\.\d{4,9}"  # after 3, after 1

POSITION = Recogniser(
    name="position",
    version=1,
    kind=Kind.POSITION,
    trigger=Trigger.NUMBER,
    patterns=(
        Pattern(re.compile(rf"3(?<![0-9.]3){_NORTH}°? ?N?[,/ ]{{1,3}}(?:경도[: ]{{0,2}})?1{_EAST}(?!\d)"), 850),
        Pattern(re.compile(rf"1(?<![0-9.]1){_EAST}°? ?E?[,/ ]{{1,3}}(?:위도[: ]{{0,2}})?3{_NORTH}(?!\d)"), 850),
    ),
    context=words("위도|경도|좌표|GPS|위치"),
)
