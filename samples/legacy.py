"""What the old Korean code page can hold."""

from __future__ import annotations


def in_cp949(text: str) -> bool:
    """Whether CP949 has every sign of `text` (it lacks en dashes and zero-width spaces)."""
    try:
        text.encode("cp949")
    except UnicodeEncodeError:
        return False
    return True
