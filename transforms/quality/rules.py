"""The first set of Korean quality measures: what Prepare measures and Judge later bounds.

A rule measures and never judges. Every measure is an integer, or one division of two integers, counted per document:
equal on every machine, in every batch size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.records.schemas import MEASURES
from transforms.quality import kernels
from transforms.quality.classes import DIGIT, HANJA, JAMO, LATIN, SYLLABLE, SYMBOL, WHITE
from transforms.quality.kernels import Counts
from transforms.quality.points import slices
from transforms.text.buffers import Text, validity, view


@dataclass(frozen=True)
class Rule:
    """One measure.

    Attributes:
        name: column in the `quality` struct.
        version: goes up whenever any document's value would change.
        unit: what the number counts, or what the share is of.
        source: where the measure comes from.
        meaning: what is counted, in a sentence.
    """

    name: str
    version: int
    unit: str
    source: str
    meaning: str

    @property
    def id(self) -> str:
        """`name@version`, as the ledger names it."""
        return f"{self.name}@{self.version}"


_GOPHER = "Rae et al. 2021 (Gopher), table A1"
_OURS = "docs/decisions/quality-measures.md"
_VISIBLE = "share of characters that are not white space"
_ALL = "share of all characters"

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("syllables", 1, "syllables", _OURS, "Hangul syllables, U+AC00 to U+D7A3"),
        Rule("eojeol", 1, "words", _GOPHER, "words between white space (어절)"),
        Rule("lines", 1, "lines", _OURS, "lines that are not blank"),
        Rule("hangul_share", 1, _VISIBLE, "Penedo et al. 2025 (FineWeb2), section 3", "Hangul syllables and jamo"),
        Rule("hanja_share", 1, _VISIBLE, _OURS, "ideographs: unified, extensions A to G, compatibility"),
        Rule("latin_share", 1, _VISIBLE, _OURS, "Latin letters, full width and accented included"),
        Rule("digit_share", 1, _VISIBLE, _OURS, "decimal digits of any script (Nd)"),
        Rule("symbol_share", 1, _VISIBLE, _GOPHER, "punctuation and symbols (P and S)"),
        Rule("url_share", 1, _ALL, _OURS, "characters of http://, https:// and www. addresses"),
        Rule("mean_eojeol_chars", 1, "characters per word", _GOPHER, "characters that are not white space per word"),
        Rule("repeated_line_share", 1, _ALL, _GOPHER, "lines whose words equal those of an earlier line"),
        Rule("longest_run", 1, "characters", _OURS, "longest run of one character that is not white space"),
        Rule("repeated_ngram_share", 1, _ALL, _GOPHER, "text under word 5-grams that stood earlier in the document"),
        Rule("sentence_end_share", 1, "share of non-blank lines", _GOPHER, "lines that end as a Korean sentence does"),
        Rule("replacement_share", 1, _ALL, _OURS, "U+FFFD, 占쏙옙, and runs of encodings read as Latin"),
    )
}


def measure(text: Text) -> pa.StructArray:
    """All measures of all rows, as struct(MEASURES); null where the text is null.

    An empty text has zeros throughout: a share of nothing is 0.
    """
    columns = _columns(*_count(text))
    valid = validity(text)
    mask = None if valid.all() else pa.array(valid == 0)
    arrays = [pa.array(columns[name], kind) for name, kind in MEASURES.items()]
    return pa.StructArray.from_arrays(arrays, fields=list(pa.struct(list(MEASURES.items()))), mask=mask)


def _count(text: Text) -> tuple[Counts, Counts]:
    """Counts of characters and of repeats, all rows."""
    rows = view(text)
    characters = np.zeros((len(rows.valid), kernels.CLASSES + 5), np.int64)
    repeats = np.zeros((len(rows.valid), 4), np.int64)
    for first, last, part in slices(rows):
        found = kernels.count_characters(part)
        characters[first:last] = found
        repeats[first:last] = kernels.count_repeats(part, found[:, kernels.WORDS], found[:, kernels.FEEDS])
    return characters, repeats


def _columns(characters: Counts, repeats: Counts) -> dict[str, npt.NDArray[Any]]:
    by_class = dict(enumerate(characters[:, : kernels.CLASSES].T))
    chars = characters[:, : kernels.CLASSES].sum(axis=1)
    visible, words, lines = chars - by_class[WHITE], characters[:, kernels.WORDS], repeats[:, kernels.LINES]
    return {
        "syllables": by_class[SYLLABLE],
        "eojeol": words,
        "lines": lines,
        "hangul_share": _share(by_class[SYLLABLE] + by_class[JAMO], visible),
        "hanja_share": _share(by_class[HANJA], visible),
        "latin_share": _share(by_class[LATIN], visible),
        "digit_share": _share(by_class[DIGIT], visible),
        "symbol_share": _share(by_class[SYMBOL], visible),
        "url_share": _share(characters[:, kernels.URL], chars),
        "mean_eojeol_chars": _share(visible, words),
        "repeated_line_share": _share(repeats[:, kernels.REPEATED_LINE], chars),
        "longest_run": characters[:, kernels.LONGEST_RUN],
        "repeated_ngram_share": _share(repeats[:, kernels.REPEATED_NGRAM], chars),
        "sentence_end_share": _share(repeats[:, kernels.SENTENCE_END], lines),
        "replacement_share": _share(characters[:, kernels.DAMAGED], chars),
    }


def _share(part: Counts, whole: Counts) -> npt.NDArray[np.float64]:
    """`part / whole`, 0 where the whole is 0: one IEEE division of two integers."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
