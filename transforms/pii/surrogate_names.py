"""Surrogate names that keep the particle after them right: 이/가, 을/를, 은/는, 과/와, (으)로 follow the last syllable.

Source: the commonest surnames and given-name syllables of the 2015 census and the name statistics of the Supreme
Court; a surrogate is a plausible name of nobody in particular.
"""

from __future__ import annotations

SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍"
FIRST = "민서지현예수도하준유은재성영승태시윤주진"
# Second syllables by what they end in: vowel, ㄹ, another consonant.
SECOND = {"vowel": "우호희아서지수하기미나", "rieul": "율별설열솔길", "consonant": "준민현진영은빈훈원선윤혁"}
GIVEN_LATIN = ("MINJUN", "SEOYEON", "JIHO", "HAEUN", "DOYUN", "YUNA", "SIWOO", "JIWOO")
SURNAMES_LATIN = ("KIM", "LEE", "PARK", "CHOI", "JUNG", "KANG", "CHO", "YOON")


def ending(syllable: str) -> str:
    """What a Hangul syllable ends in: vowel, rieul or consonant; other signs count as vowel."""
    code = ord(syllable) - 0xAC00
    if not 0 <= code < 11172 or code % 28 == 0:
        return "vowel"
    return "rieul" if code % 28 == 8 else "consonant"


def name_surrogate(value: str, seed: int) -> str:
    """A name of the same script and about the same length, whose last syllable takes the same particles.

    Args:
        seed: from `surrogates.secret`.
    """
    letters = value.replace(" ", "")
    if letters and letters[-1] <= "z":
        return _latin(value, seed)
    last = SECOND[ending(letters[-1])]
    surname, first, second = SURNAMES[seed % 20], FIRST[(seed >> 8) % 20], last[(seed >> 16) % len(last)]
    if len(letters) == 1:
        return next((s for s in SURNAMES[seed % 20 :] + SURNAMES if ending(s) == ending(letters)), surname)
    return surname + second if len(letters) == 2 else surname + first + second


def _latin(value: str, seed: int) -> str:
    name = f"{SURNAMES_LATIN[seed % 8]} {GIVEN_LATIN[(seed >> 8) % 8]}"
    return name if value.isupper() else name.title()
