"""YAML front matter of a Markdown file, every scalar as the string that was written.

No types are resolved, so that an id of 0123 is not 83 and a date keeps its spelling. Most front matter is lines of
`key: value`, which a regular expression reads ten times as fast as a YAML parser; whatever else there is goes to YAML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from governance.records.errors import BrokenError, ErrorCode

_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_AT_MOST = 64 << 10  # characters; a file that begins with a rule ("---") and no second one near is all body
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# A character that is neither a line break nor refused by YAML; what may begin a plain scalar; and such a scalar, in
# which ": " and " #" would mean something else. Narrower than YAML 1.1, never wider.
_CHARACTER = r"[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_BEGIN = rf"(?![-?:,\[\]{{}}#&*!|>'\"%@`=<~ ]){_CHARACTER}"
_PLAIN = rf"{_BEGIN}(?:(?!: |:$| #){_CHARACTER})*"
_LINE = re.compile(
    rf"(?P<key>{_BEGIN}(?:(?![:#]){_CHARACTER}){{0,99}}):(?: +(?:'(?P<single>(?:(?!'){_CHARACTER})*)'"
    rf"|\"(?P<double>(?:(?![\"\\]){_CHARACTER})*)\"|(?P<plain>{_PLAIN})))? *"
)


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """The front matter as a mapping, empty when there is none, and the body without leading blank lines.

    Raises:
        BrokenError: BAD_RECORD when it is no YAML mapping.
    """
    found = _FRONT.match(text, 0, _AT_MOST) if text.startswith("---") else None
    if not found:
        return {}, text
    front = lines_of_pairs(found.group(1))
    return _parse(found) if front is None else front, text[found.end() :].lstrip("\r\n")


def lines_of_pairs(front: str) -> dict[str, str] | None:
    """What YAML's base loader gives for front matter of nothing but `key: value` lines; None for any other."""
    pairs: dict[str, str] = {}
    for line in front.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        found = _LINE.fullmatch(line)
        if not found:
            return None
        single, double, plain = found.group("single", "double", "plain")
        pairs[found["key"].rstrip(" ")] = (plain or "").rstrip(" ") if single is double else single or double or ""
    return pairs


def _parse(found: re.Match[str]) -> Mapping[str, Any]:
    place = {"offset": 0, "length": found.end()}
    try:
        front = yaml.load(found.group(1), _LOADER)
    except yaml.YAMLError as error:
        raise BrokenError(ErrorCode.BAD_RECORD, "YAML front matter", **place) from error
    if front is not None and not isinstance(front, Mapping):
        raise BrokenError(ErrorCode.BAD_RECORD, "YAML front matter is no mapping", **place)
    return front or {}
