"""Which word of our own lists named a finding; nothing of the text but that word is given back."""

from __future__ import annotations

import unicodedata

from transforms.pii.recogniser import BEFORE, Recogniser
from transforms.pii.registry import RECOGNISERS
from transforms.pii.scan import is_named

_BY_LABEL: dict[str, Recogniser] = {recogniser.label: recogniser for recogniser in RECOGNISERS}
# Normalising joins and drops signs, so that more of the original stands behind BEFORE signs of the copy.
_REACH = 2 * BEFORE


def keyword_of(recogniser: str, text: str, start: int) -> str | None:
    """The word before a finding that says what it is, without blanks; None where none does.

    Args:
        recogniser: name@version, as a finding has it.
        text: the document.
        start: of the finding, in code points.
    """
    found = _BY_LABEL.get(recogniser)
    if found is None:
        return None
    before = unicodedata.normalize("NFKC", text[max(0, start - _REACH) : start])[-BEFORE:]
    if not is_named(found, before):
        return None
    # `context` is a list of words of ours, so what it matched is one of them, whatever stands around it.
    words = [match.group() for match in found.context.finditer(before)]
    return "".join(words[-1].split()) if words else None
