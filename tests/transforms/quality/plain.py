"""Every measure stated once more, one document at a time, in Python that knows nothing of the kernels."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from governance.records.schemas import MEASURES

_URL = re.compile(r"(?i:https?://|www\.)[!#-;=?-\[\]_a-z~]*", re.ASCII | re.IGNORECASE)
_CLOSERS = "\"'”’)]}>〉》」』】\u3015\uff09\uff3d\uff5d\uff1e"
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"  # noqa: RUF001
_RUN = re.compile(f"[\u0080-\u00ff{_CP1252}]+")
_JAMO = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\ud7b0-\ud7fb\uffa1-\uffdc]")
_HANJA = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA = re.compile("[\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_SYLLABLE = re.compile("[가-힣]")


def measures(text: str) -> dict[str, float]:
    """All measures of one text, by name."""
    words, lines = text.split(), [line for line in text.split("\n") if line.strip()]
    visible = "".join(words)
    counts: dict[str, float] = {
        "syllables": len(_SYLLABLE.findall(text)),
        "eojeol": len(words),
        "lines": len(lines),
        "hangul_share": share(sum(is_hangul(c) for c in visible), len(visible)),
        "hanja_share": share(len(_HANJA.findall(visible)), len(visible)),
        "latin_share": share(sum(is_latin(c) for c in visible), len(visible)),
        "digit_share": share(sum(c.isdecimal() and not is_cjk(c) for c in visible), len(visible)),
        "symbol_share": share(sum(is_symbol(c) for c in visible), len(visible)),
        "url_share": share(sum(map(len, _URL.findall(text))), len(text)),
        "mean_eojeol_chars": share(len(visible), len(words)),
        "repeated_line_share": share(repeated_lines(lines), len(text)),
        "longest_run": max((len(list(run)) for c, run in groupby(text) if not c.isspace()), default=0),
        "repeated_ngram_share": share(repeated_ngrams(text), len(text)),
        "sentence_end_share": share(sum(map(ends_sentence, lines)), len(lines)),
        "replacement_share": share(damaged(text), len(text)),
    }
    assert list(counts) == list(MEASURES)
    return counts


def share(part: int, whole: int) -> float:
    """0 of nothing."""
    return part / whole if whole else 0.0


def is_hangul(sign: str) -> bool:
    return bool(_SYLLABLE.match(sign) or _JAMO.match(sign))


def is_cjk(sign: str) -> bool:
    return bool(is_hangul(sign) or _HANJA.match(sign) or _KANA.match(sign))


def is_latin(sign: str) -> bool:
    named = unicodedata.name(sign, "").startswith(("LATIN ", "FULLWIDTH LATIN "))
    return named and unicodedata.category(sign)[0] == "L"


def is_symbol(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "PS" and not is_cjk(sign)


def repeated_lines(lines: list[str]) -> int:
    seen: set[tuple[str, ...]] = set()
    found = 0
    for line in lines:
        words = tuple(line.split())
        found += len(line.strip()) if words in seen else 0
        seen.add(words)
    return found


def repeated_ngrams(text: str, width: int = 5) -> int:
    """Characters from the first to the last of repeated word n-grams, none counted twice."""
    places = [match.span() for match in re.finditer(r"\S+", text)]
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for k in range(len(places) - width + 1):
        gram = tuple(text[a:b] for a, b in places[k : k + width])
        if gram in seen:
            covered.update(range(places[k][0], places[k + width - 1][1]))
        seen.add(gram)
    return len(covered)


def ends_sentence(line: str) -> bool:
    line = re.sub(rf"[\s{re.escape(_CLOSERS)}]+\Z", "", line)
    if line.endswith("."):
        return len(line.lstrip()) > 1 and not (line[-2].isdecimal() and not is_cjk(line[-2]))
    return line.endswith(tuple("!?…。！？．다요죠까"))


def damaged(text: str) -> int:
    runs = [run for run in _RUN.findall(text) if len(run) >= 4 and len(re.findall("[À-ÖØ-öø-ÿ]", run)) >= 2]
    return text.count("\ufffd") + 3 * text.count("占쏙옙") + sum(map(len, runs))
