"""The plain statement of a clean text: what it says of each kind of dirt, and that once is enough."""

from __future__ import annotations

import time
import unicodedata

import ftfy
import pytest
from hypothesis import given

from tests.transforms.text.alphabets import texts
from transforms.text.clean import EMOJI, INVISIBLE, NEWLINES, PICTOGRAPHS, SPACES, ZWJ, clean

DIRT = {
    "line ends of Windows and old Macs": ("가\r\n나\r다", "가\n나\n다"),
    "form feed and vertical tab end a line": ("쪽\f다음\v줄", "쪽\n다음\n줄"),
    "separators of lines and paragraphs": ("가\u2028나\u2029다\x85라", "가\n나\n다\n라"),
    "decomposed Hangul": ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
    "compatibility ideographs": ("\uf9e4", "理"),
    "controls": ("가\x00나\x1b다\x9b라\x7f", "가나다라"),
    "tab stays": ("가\t나", "가\t나"),
    "zero width and byte order mark": ("\ufeff가\u200b나\u200c다\u2060라", "가나다라"),
    "bidirectional marks": ("가\u202e나\u2066다\u200f", "가나다"),
    "soft hyphen": ("co\xadoperate", "cooperate"),
    "tags, which hide text": ("가\U000e0041\U000e0042", "가"),
    "odd spaces": ("가\xa0나\u3000다\u2003라", "가 나 다 라"),
    "Hangul fillers look like spaces": ("가\u3164나\uffa0다", "가 나 다"),
    "blanks at the end of lines": ("가  \n나\t\n다 ", "가\n나\n다"),
    "odd spaces at the end of lines": ("가\u3000\n나\xa0", "가\n나"),
    "blanks at the start of lines stay": ("  가\n\t나", "  가\n\t나"),
    "many empty lines": ("가\n\n\n\n\n나", "가\n\n\n나"),
    "two empty lines stay": ("가\n\n\n나", "가\n\n\n나"),
    "empty lines made of blanks": ("가\n \n\u3000\n\t\n\u200b\n나", "가\n\n\n나"),
    "empty lines around a text": ("\n\n가\n\n", "가"),
    "nothing but what cannot be seen": ("\u200b\ufeff \u3000\n\xad", ""),
    "a family of emoji keeps its joiners": ("\U0001f468\u200d\U0001f469\u200d\U0001f467", None),
    "a skin tone may stand before a joiner": ("\U0001f468\U0001f3fd\u200d\u2764", None),
    "a selector may stand before a joiner": ("\u2764\ufe0f\u200d\U0001f468", None),
    "a joiner between letters goes": ("가\u200d나 a\u200d\U0001f468\u200d", "가나 a\U0001f468"),
    "two joiners go": ("\U0001f468\u200d\u200d\U0001f469", "\U0001f468\U0001f469"),
    "a joiner survives what was invisible beside it": ("\u2764\u200b\u200d\u200b\u2640", "\u2764\u200d\u2640"),
}  # fmt: skip

KOREAN = (
    "안녕하세요. 반갑습니다",
    "제1조(목적) 이 법은 “국민”의 권리…",
    "렠똠뷁 ㅋㅋ 값은 5 ± 3",
    "Œuvre à Paris, café — naïve",
)
INNOCENT = (
    "Œuvre à Paris, café — naïve",
    "© 2026 · 10 ± 2 µm × 3 ÷ 4 °C",
    "“따옴표” ‘하나’ … — – •",
    "Ã la carte",
    "ÀÉÎÕÜ ÇÑ",
    "¿Qué? ¡Sí! «oui»",
    "naïve° façade™ café…",
)


@pytest.mark.parametrize(("dirty", "expected"), DIRT.values(), ids=DIRT)
def test_dirt_goes_and_the_rest_stays(dirty: str, expected: str | None) -> None:
    assert clean(dirty) == (dirty if expected is None else expected)


@pytest.mark.parametrize("encoding", ["latin-1", "sloppy-windows-1252"])
@pytest.mark.parametrize("written", KOREAN)
def test_misread_utf8_is_read_again_alone_among_others_and_twice_misread(written: str, encoding: str) -> None:
    misread = written.encode().decode(encoding)
    assert clean(misread) == written
    assert clean(f"앞 {misread} 뒤") == f"앞 {written} 뒤"
    assert clean(misread.encode().decode(encoding)) == written
    assert ftfy.fix_encoding(misread) == written  # the oracle agrees on what was written


@pytest.mark.parametrize("text", INNOCENT)
def test_text_that_only_looks_a_little_like_misread_utf8_stays(text: str) -> None:
    assert clean(text) == text


RUNS = (" ", " \u200b", "\t \n", "\u2764\u200d\u200b", "안".encode().decode("latin-1"), "Ã", "\n")


@pytest.mark.parametrize("run", RUNS)
def test_long_runs_take_linear_time(run: str) -> None:
    def seconds(times: int) -> float:
        text = "안".encode().decode("latin-1") + run * times + "끝"
        start = time.process_time()
        clean(text)
        return time.process_time() - start

    assert seconds(40_000) < 10 * seconds(10_000) + 0.1  # quadratic time would be 16 times as long, and seconds


@given(texts)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(texts)
def test_a_clean_text_holds_nothing_that_was_to_go(text: str) -> None:
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set(INVISIBLE + SPACES + NEWLINES)
    assert "\n\n\n\n" not in cleaned
    assert not any(line.endswith((" ", "\t")) for line in cleaned.split("\n"))
    assert cleaned == cleaned.strip("\n")
    for before, sign, after in zip(cleaned, cleaned[1:], cleaned[2:], strict=False):
        assert sign != ZWJ or (before in EMOJI and after in PICTOGRAPHS)
