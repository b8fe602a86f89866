"""What a clean text is, stated one document at a time in plain Python; `normalise` is this, fast.

A clean text is NFC; has `\\n` as its only line end; holds no control, bidirectional, zero-width or soft-hyphen
character and no space but U+0020 and tab; no line ends in blanks; it neither begins with empty lines nor ends in
blanks; at most two empty lines stand together; and no run of it is UTF-8 read as Windows-1252 or Latin-1.

Zero-width joiners stay where they join an emoji: between a pictograph (or its skin tone or variation selector)
and a pictograph. Source: Unicode UTS #51, emoji-zwj-sequences.txt 15.1.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial

from ftfy.badness import is_bad

NEWLINES = "\r\v\f\x85\u2028\u2029"  # a page or paragraph separator is a line end too: removing it would join words
SPACES = "\xa0\u1680\u202f\u205f\u3000\u3164\uffa0" + "".join(map(chr, range(0x2000, 0x200B)))  # fillers look blank
ZWJ = "\u200d"
_INVISIBLE_RANGES = (
    (0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F),  # C0 and C1 controls
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E),  # soft hyphen, joiner, Arabic and Mongolian marks
    (0x200B, 0x200C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),  # zero width, bidirectional, operators
    (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),  # byte order mark, annotation, tags
)  # fmt: skip
_PICTOGRAPH_RANGES = ((0x2190, 0x21FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF))
INVISIBLE = "".join(chr(c) for first, last in _INVISIBLE_RANGES for c in range(first, last + 1))
PICTOGRAPHS = "".join(chr(c) for first, last in _PICTOGRAPH_RANGES for c in range(first, last + 1))
EMOJI = PICTOGRAPHS + "\ufe0f"  # skin tones are pictographs already

# How Windows-1252 shows the bytes 0x80 to 0x9F; where it has no sign, Latin-1's control stands.
_CP1252 = {chr(b): b for b in range(0x80, 0x100)} | {
    bytes([b]).decode("cp1252"): b for b in range(0x80, 0xA0) if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
TRAILING = "".join(sign for sign, byte in _CP1252.items() if 0x80 <= byte <= 0xBF)
# First bytes of Latin, Greek, Cyrillic, punctuation, Korean, Chinese, Japanese and emoji. Hebrew to N'Ko and the Indic
# scripts (0xD5 to 0xE0) are left out: "ß" before an ellipsis or a line end would pass for them.
LEADING = "".join(map(chr, (*range(0xC2, 0xD5), *range(0xE1, 0xF5))))

_BREAK = re.compile(f"\r\n|[{NEWLINES}]")
_SPACE = re.compile(f"[{SPACES}]")
_HIDDEN = re.compile(f"[{INVISIBLE}]")
_LONE_JOINER = re.compile(f"(?<![{EMOJI}]){ZWJ}|{ZWJ}(?![{PICTOGRAPHS}])")
_TAIL = re.compile(r"(?<![ \t])[ \t]++(?=\n)")  # begun once a run and never given back, so that time stays linear
_GAP = re.compile(r"\n{4,}")
_MISREAD = re.compile(f"(?:[{LEADING}][{TRAILING}]{{1,3}})+")


def clean(text: str) -> str:
    """The clean form of one document; `clean(clean(t)) == clean(t)`."""
    while True:  # what a repair uncovers may need the rest, and the other way round; each repair shortens the text
        tidied = tidy(reread(text))
        if tidied == text:
            return text
        text = tidied


def reread(text: str) -> str:
    """UTF-8 that was read as Windows-1252 or Latin-1, once or oftener, as it was written, where that is certain.

    Certain is: ftfy calls one run of the text damaged. Then every run whose bytes are strict UTF-8 is read again, for
    a short one may look innocent alone ("ì œ" is "제").
    """
    while True:
        runs = {run: written for run in _MISREAD.findall(text) if (written := _written(run)) is not None}
        if not any(map(is_bad, runs)):
            return text
        text = _MISREAD.sub(partial(_chosen, runs), text)


def _chosen(runs: dict[str, str], match: re.Match[str]) -> str:
    return runs.get(match.group(), match.group())


def _written(run: str) -> str | None:
    try:
        return bytes(_CP1252[sign] for sign in run).decode("utf-8")
    except UnicodeDecodeError:
        return None


def tidy(text: str) -> str:
    """One pass of everything but the repair of misread UTF-8."""
    text = _HIDDEN.sub("", _BREAK.sub("\n", text))
    text = _SPACE.sub(" ", _LONE_JOINER.sub("", text))
    text = _GAP.sub("\n\n\n", _TAIL.sub("", text))
    return unicodedata.normalize("NFC", text.lstrip("\n").rstrip(" \t\n"))
