"""Tables of texts in which « and » mark the spans that one kind must have, exactly, and no others."""

from __future__ import annotations

import pyarrow as pa

from transforms.pii.scan import scan


def unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the marked spans as half-open code points."""
    text, spans, start = "", [], 0
    for sign in marked:
        if sign == "«":
            start = len(text)
        elif sign == "»":
            spans.append((start, len(text)))
        else:
            text += sign
    return text, spans


def spans_of(text: str, kind: str) -> list[tuple[int, int]]:
    """The spans of one kind when every kind is looked for."""
    found = scan(pa.array([text], pa.large_string())).to_pylist()
    return [(row["start"], row["end"]) for row in found if row["kind"] == kind]


def rewritten(marked: str) -> dict[str, str]:
    """Obfuscated forms of a marked text that any recogniser of numbers must still see."""
    wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
    head, rest = marked.split("«", 1)
    value, tail = rest.split("»", 1)
    middle = len(value) // 2
    spaced = {"spaced": f"{head}«{' '.join(value)}»{tail}"}
    return {
        "full-width": f"{head}«{value.translate(wide)}»{tail}",
        "en dash": f"{head}«{value.replace('-', '–')}»{tail}",
        "minus sign with blanks": f"{head}«{value.replace('-', ' − ')}»{tail}",
        "zero width": f"{head}«{value[:middle]}\u200b{value[middle:]}»{tail}",
        **({} if any("가" <= sign <= "힣" or sign == "@" for sign in value[3:]) else spaced),
        "line break": f"{head}«{value.replace('-', '-' + chr(10), 1)}»{tail}",
    }
