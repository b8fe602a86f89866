"""Strings that reach the corners of the kernels far oftener than plain random text does."""

from __future__ import annotations

from hypothesis import strategies as st

HANGUL = "가각갂힣뷁나다요"
COMPATIBILITY_JAMO = "ㄱㄲㄳㅁㅂㅄㅋㅎㅏㅑㅘㅠㅣㆍ"
CONJOINING_JAMO = "\u1100\u1112\u1113\u1161\u1175\u1176\u11a8\u11c2\u11c3\ua960\ud7b0\uffa1\uffc2"
HANJA = "理樂讀金\uf9e4\uf914\uf95a\U00020000"
BLANKS = " \t\n\r\v\f\x85\xa0\u1680\u2003\u2028\u2029\u202f\u3000\u3164\uffa0"
INVISIBLE = "\x00\x1f\x7f\x9b\xad\u200b\u200c\u200e\u202e\u2060\ufeff\U000e0041"
EMOJI = "\U0001f468\U0001f469\U0001f3fd\u200d\ufe0f\u2640\u2764\U0001f525☃"
LATIN = "aAzZ09ßİŉΐéñ×÷Ⱥ"
MARKS = "\u0301\u0308\u0323\u3099\u0345\u0344\u09be"
MISREAD = "Ã©ìêëí•\u02c6€œ”…Â\xa0\x81ï»¿"
COMPATIBLE = "①㉠㉮㈎㎡½²ⅧﬃＡ１！㋿㍿ﷺ℡"
SIGNS = ".,!?'\"()[]…·—“”<>|~^"
ALPHABET = "".join(
    (
        HANGUL,
        COMPATIBILITY_JAMO,
        CONJOINING_JAMO,
        HANJA,
        BLANKS,
        INVISIBLE,
        EMOJI,
        LATIN,
        MARKS,
        MISREAD,
        COMPATIBLE,
        SIGNS,
    )
)

signs = st.one_of(st.sampled_from(ALPHABET), st.characters(exclude_categories=["Cs"]))
texts = st.one_of(
    st.text(signs, max_size=60), st.text(st.sampled_from(BLANKS + INVISIBLE + EMOJI + "가a"), max_size=30)
)
rows = st.lists(st.one_of(st.none(), texts), max_size=6)
