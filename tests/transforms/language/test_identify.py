"""Languages guessed from scripts, and no more claimed than scripts can say."""

from __future__ import annotations

import pyarrow as pa
import pytest

from transforms.language.identify import identify
from transforms.quality.rules import measure

TEXTS = {
    "Korean": ("제1조(목적) 이 법은 국민의 권리를 보장한다.", "ko"),
    "chat of jamo": ("ㅋㅋㅋㅋ ㅠㅠ", "ko"),
    "Korean about code": ("`useEffect` 훅은 컴포넌트를 동기화하는 React 함수입니다. useState(0)", "ko"),
    "mostly code with Korean comments": ("function add(a, b) { return a + b; } // 두 수를 더해서 돌려주는 함수", "ko"),
    "English with a Korean word": ("The word 한글 is the name of the alphabet of Korea.", "en"),
    "mixed Hangul and Hanja of old decisions": ("被告人은 原審判決에 對하여 上告를 提起하였다", "ko"),
    "Japanese": ("これは日本語の文章です。", "ja"),
    "Chinese": ("本法自公布之日起施行。", "zh"),
    "English": ("This is the text of a page that was written in English.", "en"),
    "German": ("Dieses Gesetz tritt am Tage nach der Verkündung in Kraft.", "und"),
    "Indonesian": ("Semua orang dilahirkan merdeka dan mempunyai martabat", "und"),
    "Russian": ("\u0412\u0441\u0435 \u043b\u044e\u0434\u0438", "und"),
    "numbers": ("123 456 --- 789", "und"),
    "nothing": ("", "und"),
}  # fmt: skip


def codes(values: list[str | None]) -> list[str | None]:
    text = pa.array(values, pa.large_string())
    return identify(text, measure(text)).to_pylist()


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_script_gives_its_language_or_none(text: str, expected: str) -> None:
    assert codes([text]) == [expected]


def test_rows_do_not_touch_each_other_and_null_stays_null() -> None:
    values = [*(text for text, _ in TEXTS.values()), None]
    assert codes(values) == [*(code for _, code in TEXTS.values()), None]
    assert codes([None]) == [None]
    assert codes([]) == []


def test_slices_and_plain_strings_are_taken() -> None:
    text = pa.array(["x", "これは日本語", None, "한국어"], pa.string())[1:]
    found = identify(text, measure(text))
    assert found.type == pa.string()
    assert found.to_pylist() == ["ja", None, "ko"]
