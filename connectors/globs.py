"""Globs on POSIX paths: `*` and `?` stay inside a directory, `**` crosses them, `[...]` is a set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_TOKENS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^]]+\]|[^*?\[]+|\[")
_MEANING = {"**/": r"(?:[^/]+/)*", "**": r".*", "*": r"[^/]*", "?": r"[^/]", "[": r"\["}


def pattern(glob: str) -> re.Pattern[str]:
    """The glob as a regular expression of whole paths."""

    def translate(token: str) -> str:
        if token in _MEANING:
            return _MEANING[token]
        if token.startswith("["):
            return "[^" + token[2:] if token.startswith("[!") else token
        return re.escape(token)

    return re.compile("".join(translate(found.group()) for found in _TOKENS.finditer(glob)), re.DOTALL)


def chooser(include: Iterable[str], exclude: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path matches one of `include` and none of `exclude`."""
    wanted, unwanted = [pattern(glob) for glob in include], [pattern(glob) for glob in exclude]
    return lambda path: any(p.fullmatch(path) for p in wanted) and not any(p.fullmatch(path) for p in unwanted)
