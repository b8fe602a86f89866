"""cuDF's MinHash stated once more in plain Python, from its source and not from our kernels."""

from __future__ import annotations

MASK32, MASK64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF


def _turn(value: int, by: int, bits: int) -> int:
    return ((value << by) | (value >> (bits - by))) & ((1 << bits) - 1)


def murmur32(data: bytes, seed: int) -> int:
    """MurmurHash3_x86_32."""
    h, whole = seed & MASK32, len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * 0xCC9E2D51 & MASK32
        h ^= _turn(k, 15, 32) * 0x1B873593 & MASK32
        h = (_turn(h, 13, 32) * 5 + 0xE6546B64) & MASK32
    if len(data) > whole:
        k = int.from_bytes(data[whole:], "little") * 0xCC9E2D51 & MASK32
        h ^= _turn(k, 15, 32) * 0x1B873593 & MASK32
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & MASK32
    h = (h ^ h >> 13) * 0xC2B2AE35 & MASK32
    return h ^ h >> 16


def _finish64(k: int) -> int:
    k = (k ^ k >> 33) * 0xFF51AFD7ED558CCD & MASK64
    k = (k ^ k >> 33) * 0xC4CEB9FE1A85EC53 & MASK64
    return k ^ k >> 33


def murmur64(data: bytes, seed: int) -> int:
    """First half of MurmurHash3_x64_128."""
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
    h1 = h2 = seed & MASK64
    whole = len(data) // 16 * 16

    def mix1(k: int) -> int:
        return _turn(k * c1 & MASK64, 31, 64) * c2 & MASK64

    def mix2(k: int) -> int:
        return _turn(k * c2 & MASK64, 33, 64) * c1 & MASK64

    for at in range(0, whole, 16):
        h1 ^= mix1(int.from_bytes(data[at : at + 8], "little"))
        h1 = ((_turn(h1, 27, 64) + h2) * 5 + 0x52DCE729) & MASK64
        h2 ^= mix2(int.from_bytes(data[at + 8 : at + 16], "little"))
        h2 = ((_turn(h2, 31, 64) + h1) * 5 + 0x38495AB5) & MASK64
    h2 ^= mix2(int.from_bytes(data[whole + 8 :], "little"))
    h1 ^= mix1(int.from_bytes(data[whole : whole + 8], "little"))
    h1, h2 = h1 ^ len(data), h2 ^ len(data)
    h1 = (h1 + h2) & MASK64
    h2 = (h2 + h1) & MASK64
    return (_finish64(h1) + _finish64(h2)) & MASK64


def windows(text: str, width: int) -> list[bytes]:
    """The UTF-8 bytes of every window; a shorter text is one window, the empty text none."""
    if not text:
        return []
    return [text[i : i + width].encode() for i in range(max(1, len(text) - width + 1))]


def signature32(text: str, width: int, seed: int, a: list[int], b: list[int]) -> list[int]:
    """32-bit MinHash; everything wraps at 2^32, as the operand types of cuDF's kernel do."""
    hashes = [max(1, murmur32(w, seed)) for w in windows(text, width)]
    return [min(((h * x + y) & MASK32 for h in hashes), default=0) for x, y in zip(a, b, strict=True)]


def signature64(text: str, width: int, seed: int, a: list[int], b: list[int]) -> list[int]:
    """64-bit MinHash; wraps at 2^64 and then takes the remainder by 2^61 - 1."""
    hashes = [max(1, murmur64(w, seed)) for w in windows(text, width)]
    return [
        min((((h * x + y) & MASK64) % ((1 << 61) - 1) for h in hashes), default=0) for x, y in zip(a, b, strict=True)
    ]
