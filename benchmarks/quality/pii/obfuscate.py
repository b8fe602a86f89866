"""Gold documents with their numbers disguised, as people write them to slip past filters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from transforms.pii.gold import GoldDocument, Span

_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
_READ_OUT = str.maketrans("0123456789", "공일이삼사오육칠팔구")
NUMBERS = frozenset({"RRN", "FRN", "PASSPORT", "DRIVER", "BRN", "CORP", "ACCOUNT", "CARD", "PHONE", "PLATE"})
PHONES = frozenset({"PHONE"})
EVERYTHING = NUMBERS | {"EMAIL", "IP", "NAME", "ADDRESS", "DOB"}

# name → (labels it is for, what it does to a value)
DISGUISES: dict[str, tuple[frozenset[str], Callable[[str], str]]] = {
    "full-width": (NUMBERS | {"EMAIL"}, lambda value: value.translate(_WIDE)),
    "en dash": (NUMBERS, lambda value: value.replace("-", "–")),
    "dash with blanks": (NUMBERS, lambda value: value.replace("-", " - ")),
    "dots": (PHONES, lambda value: value.replace("-", ".")),
    "spaced": (NUMBERS - {"PLATE"}, lambda value: " ".join(value.replace(" ", ""))),
    "zero width": (EVERYTHING, lambda value: value[: len(value) // 2] + "\u200b" + value[len(value) // 2 :]),
    "decomposed": (EVERYTHING, lambda value: unicodedata.normalize("NFD", value)),
    "Hangul numerals": (PHONES, lambda value: value.translate(_READ_OUT)),
    "line break": (NUMBERS - {"PLATE"}, lambda value: value.replace("-", "-\n", 1)),
    "misread": (PHONES, lambda value: value.replace("0", "O", 2)),
}


def disguise(document: GoldDocument, name: str) -> GoldDocument:
    """The document with every span of the disguise's labels rewritten, and all spans where they now stand."""
    labels, change = DISGUISES[name]
    parts: list[str] = []
    spans: list[Span] = []
    done = length = 0
    for span in document.spans:
        if span.start < done:
            continue
        value = document.text[span.start : span.end]
        instead = change(value) if span.label in labels else value
        between = document.text[done : span.start]
        start = length + len(between)
        parts += [between, instead]
        length = start + len(instead)
        spans.append(Span(start, length, span.label))
        done = span.end
    return GoldDocument(document.id, "".join([*parts, document.text[done:]]), tuple(spans), document.set)
