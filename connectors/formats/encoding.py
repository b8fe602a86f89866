"""Bytes to text: which of the encodings Korean texts come in, decided in a fixed order and never by guessing.

Order: a declared codec; byte order mark; ISO-2022-KR escape; UTF-16 without a mark; strict UTF-8; strict CP949 (a
superset of EUC-KR) against Johab, by which reading has more of the syllables Korean texts are made of; the hint of an
HTML meta element or XML declaration. Text that no strict reading explains is BAD_ENCODING, never repaired in silence.

Source: ../shared/reference/extraction.md section 4 (40 of 40 files of chardet's test suite with this rule).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

import numpy as np

from governance.records.errors import BrokenError, ErrorCode

# Johab and ISO-2022-KR are named, counted and not read; `decode` refuses them also when they are declared.
UNSUPPORTED = frozenset({"johab", "iso2022_kr"})
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ISO_2022 = re.compile(rb"\x1b\$[()@AB]")  # -KR says ESC $ ) C; the others of the family are 7-bit too
# Labels that stand for CP949 in Korean files. Source: WHATWG Encoding Standard, section 4.2, "EUC-KR".
_CP949_NAMES = frozenset({"euc_kr", "cp949", "ks_c_5601_1987", "ks_c_5601", "ksc5601", "windows_949", "uhc"})
_SAMPLE_BYTES = 64 << 10
_PLAIN_AT_LEAST = 0.7  # of the code units of UTF-16 without a mark
# The 100 syllables that make up 61 to 71% of the Hangul in each of eight sources of ../shared/data: statutes,
# decisions, petitions, comments, reviews, chat, two manuals. See docs/decisions/connectors-encodings.md.
_FREQUENT = (
    "이다는하에지의고을니가한사로기를서요제은수정어도자시아인해나있보부리으대라그게조여면만원들상일합할용스거데트습화위전무관"
    "장세법주경과구소적되영입우호마음것행개선생내재없야동연항드공안성문신진건유분같터"
)
_IS_FREQUENT = np.isin(np.arange(0x10000), np.array([ord(syllable) for syllable in _FREQUENT]))
_CERTAIN_AT_LEAST = 0.4  # of the characters outside ASCII; Johab read as CP949 has under 0.01
_HANGUL_AT_LEAST = 30  # fewer syllables decide nothing
_FREQUENT_AT_LEAST = 0.12  # of the Hangul; Korean has 0.58 to 0.73, other East Asian files read as CP949 at most 0.09
_META = re.compile(rb"""(?:charset\s*=\s*["']?\s*|encoding\s*=\s*["'])([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE)


@dataclass(frozen=True)
class Encoding:
    """A codec and the bytes of the byte order mark to step over."""

    codec: str
    mark: int = 0


def decode(data: bytes, declared: str = "auto", *, where: str = "item", hint: str = "") -> str:
    """The text of whole-file bytes, without a byte order mark.

    Args:
        declared: codec name, or "auto".
        where: names the item in an error.
        hint: codec named inside the document; used only where strict readings leave a choice.

    Raises:
        BrokenError: UNSUPPORTED_ENCODING (Johab, ISO-2022-KR) or BAD_ENCODING.
    """
    if declared == "auto" and (text := _plain_utf_8(data)) is not None:
        return text
    encoding = detect(data, declared, where=where, hint=hint)
    try:
        return data[encoding.mark :].decode(encoding.codec)
    except UnicodeDecodeError as error:
        raise BrokenError(ErrorCode.BAD_ENCODING, where, offset=encoding.mark + error.start, length=1) from error


def _plain_utf_8(data: bytes) -> str | None:
    """The text of the usual case in one pass: UTF-8 without a mark, and nothing in it that `detect` looks at first."""
    if b"\0" in data or b"\x1b" in data or data[:1] == b"\xef":
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def detect(data: bytes, declared: str = "auto", *, where: str = "item", hint: str = "") -> Encoding:
    """Which codec reads these bytes; for a declared one, its byte order mark is looked for.

    Raises:
        BrokenError: UNSUPPORTED_ENCODING or BAD_ENCODING.
    """
    marked = next((Encoding(codec, len(mark)) for mark, codec in _MARKS if data.startswith(mark)), None)
    if declared != "auto":
        return _declared(declared, marked, where)
    if marked:
        return marked
    if data[:_SAMPLE_BYTES].isascii() and _ISO_2022.search(data[:_SAMPLE_BYTES]):
        raise BrokenError(ErrorCode.UNSUPPORTED_ENCODING, f"{where} (ISO-2022)")
    wide = utf_16_without_mark(data)
    if wide:
        return Encoding(wide)
    return Encoding("utf-8") if _strict(data, "utf-8") else Encoding(_legacy(data, where, hint))


def named_inside(data: bytes) -> str:
    """The codec an HTML meta element or XML declaration in the first 1,024 bytes names; "" when none."""
    found = _META.search(data[:1024])
    return found.group(1).decode("ascii") if found else ""


def _declared(declared: str, marked: Encoding | None, where: str) -> Encoding:
    name = _python_name(declared)
    if name in UNSUPPORTED:
        raise BrokenError(ErrorCode.UNSUPPORTED_ENCODING, f"{where} ({declared})")
    family = name.replace("_", "")
    if marked and family.startswith(marked.codec.replace("-", "")[:5]):
        return marked
    return Encoding({"utf_16": "utf-16-le", "utf_32": "utf-32-le"}.get(name, name.replace("_", "-")))


def _python_name(label: str) -> str:
    """Python's name of a codec label, every Korean Windows label being CP949; "" when there is none."""
    flat = label.strip().lower().replace("-", "_")
    if flat in _CP949_NAMES:
        return "cp949"
    try:
        name = codecs.lookup(flat).name.replace("-", "_")
    except LookupError:
        return ""
    return "utf_8" if name == "utf_8_sig" else name


def _strict(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def utf_16_without_mark(data: bytes) -> str:
    """The byte order when the bytes are Korean or ASCII in UTF-16 without a mark, else ""."""
    sample = data[: _SAMPLE_BYTES & ~1]
    if len(data) % 2 or b"\0" not in sample:
        return ""
    for codec, kind in (("utf-16-le", "<u2"), ("utf-16-be", ">u2")):
        units = np.frombuffer(sample, kind)
        # Not hanja: a pair of ASCII letters is one, so a stray NUL would turn an English text into Chinese.
        plain = ((units >= 9) & (units <= 0x7E)) | ((units >= 0x3000) & (units <= 0x318E)) | _is_hangul(units)
        if np.count_nonzero(plain) >= _PLAIN_AT_LEAST * units.size:
            return codec
    return ""


def _is_hangul(units: np.ndarray) -> np.ndarray:
    return (units >= ord("가")) & (units <= ord("힣"))


def _legacy(data: bytes, where: str, hint: str) -> str:
    """The codec of bytes that are not UTF-8."""
    if _is_cut_utf_8(data):
        raise BrokenError(ErrorCode.BAD_ENCODING, f"{where} (UTF-8 that ends inside a character)")
    cp949 = _Reading(data, "cp949") if _strict(data, "cp949") else None
    if cp949 and cp949.certain:
        return "cp949"
    johab = _Reading(data, "johab") if _strict(data, "johab") else None
    if johab and (not cp949 or johab.korean > cp949.korean):
        raise BrokenError(ErrorCode.UNSUPPORTED_ENCODING, f"{where} (Johab)")
    # UTF-8 with a damaged character can pass as CP949; then its Korean is in the UTF-8 reading.
    if cp949 and cp949.plausible and cp949.korean >= _Reading(data, "utf-8").korean:
        return "cp949"
    return _hinted(data, where, hint)


def _is_cut_utf_8(data: bytes) -> bool:
    """Whether only the last character is wrong, and another one outside ASCII is right."""
    try:
        text, _ = codecs.utf_8_decode(data, "strict", False)
    except UnicodeDecodeError:
        return False
    return not text.isascii()


def _hinted(data: bytes, where: str, hint: str) -> str:
    name = _python_name(hint)
    if name in UNSUPPORTED:
        raise BrokenError(ErrorCode.UNSUPPORTED_ENCODING, f"{where} ({hint})")
    if name and name not in ("utf_8", "cp949") and _strict(data, name):
        return name.replace("_", "-")
    raise BrokenError(ErrorCode.BAD_ENCODING, where)


class _Reading:
    """How much a decoding of the first 64 KiB looks like Korean.

    Attributes:
        korean: frequent syllables among the characters outside ASCII, 0 to 1.
        certain: there is Hangul enough to judge, and it is Korean.
        plausible: False when there is Hangul enough to judge, and it is not Korean.
    """

    def __init__(self, data: bytes, codec: str) -> None:
        text = data[:_SAMPLE_BYTES].decode(codec, "replace")
        units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
        frequent = int(np.count_nonzero(_IS_FREQUENT[units]))
        hangul = int(np.count_nonzero(_is_hangul(units)))
        self.korean = frequent / max(int(np.count_nonzero(units > 0x7F)), 1)
        is_enough = hangul >= _HANGUL_AT_LEAST
        self.certain = is_enough and self.korean >= _CERTAIN_AT_LEAST
        self.plausible = not is_enough or frequent >= _FREQUENT_AT_LEAST * hangul
