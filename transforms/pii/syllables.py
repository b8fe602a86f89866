"""What a Hangul syllable may do beside a number: close a place name, be a plate's usage letter, count something."""

from __future__ import annotations

import numpy as np

ROAD, LOT, GA, PLATE, UNIT, LABEL, BIRTH, POST = 1, 2, 4, 8, 16, 32, 64, 128

# Usage letters of number plates. Source: 자동차등록번호판 등의 기준에 관한 고시 (private, commercial, rental,
# delivery).
PLATE_LETTERS = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자배하허호"
# Signs that count or date what stands before them; after one of these `로 3` is no building number.
UNIT_SIGNS = "원년월일개명차회분초억만천백배건인항조편장점위등층시세살종급가주달쪽면권부대심군줄칸%\uff05㎡m평"


def _table() -> np.ndarray:
    table = np.zeros(0x10000, dtype=np.uint8)
    for signs, flag in (
        ("로길", ROAD),
        ("동리층", LOT),
        ("가", GA),
        ("번", LABEL),
        ("생", BIRTH),
        ("우", POST),
        (PLATE_LETTERS, PLATE),
        (UNIT_SIGNS, UNIT),
    ):
        for sign in signs:
            table[ord(sign)] |= flag
    return table


SYLLABLE = _table()
