"""MurmurHash3 of many byte windows at once, sixteen an instruction where the machine has the vectors.

Windows vary in length, so their bytes are first copied into columns (word 0 of every window, then word 1 of
every window, ...) and the mixing runs down the columns without a branch: a tail is masked, never jumped over.

Source: MurmurHash3_x86_32 and MurmurHash3_x64_128 (Austin Appleby, public domain), as cuDF's minhash.cu uses them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from transforms.dedup.compiled import kernel

_C1 = np.uint32(0xCC9E2D51)
_C2 = np.uint32(0x1B873593)
_C1_64 = np.uint64(0x87C37B91114253D5)
_C2_64 = np.uint64(0x4CF5AD432745937F)


def _load(kind: Any) -> Any:
    """An unaligned load from a byte array at an unsigned index.

    Numba's own indexing wraps negative indices and loads bytes one by one; either costs more than the load.
    """

    @intrinsic
    def load(typingctx: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            view = context.make_array(signature.args[0])(context, builder, args[0])
            at = builder.gep(view.data, [args[1]])
            word = builder.load(builder.bitcast(at, ir.IntType(kind.bitwidth).as_pointer()))
            word.align = 1
            return word

        return kind(array, types.uintp), codegen

    return load


load32 = _load(types.uint32)
load64 = _load(types.uint64)


@kernel
def _mixed(word: Any) -> Any:
    k = np.uint32(word * _C1)
    k = np.uint32((k << np.uint32(15)) | (k >> np.uint32(17)))
    return np.uint32(k * _C2)


@kernel
def _finished(state: Any, length: Any) -> Any:
    h = np.uint32(state ^ length)
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    # cuDF keeps zero as its skip marker.
    return max(np.uint32(h ^ (h >> np.uint32(16))), np.uint32(1))


@kernel
def _copy_column(data: Any, starts: Any, count: Any, skip: Any, column: Any) -> None:
    for i in range(count):
        column[i] = load32(data, np.uintp(starts[i]) + np.uintp(skip))


@kernel
def _absorb(column: Any, lengths: Any, count: Any, skip: Any, state: Any) -> None:
    """Takes one column into the state: a whole word fully, a partial one as Murmur's tail, none as nothing."""
    for i in range(count):
        left = np.int32(np.int32(lengths[i]) - np.int32(skip))
        whole = left >= np.int32(4)
        bits = np.uint32(min(max(left, np.int32(0)), np.int32(3)) << np.int32(3))
        mask = np.uint32(0xFFFFFFFF) if whole else np.uint32((np.uint32(1) << bits) - np.uint32(1))
        h = np.uint32(state[i] ^ _mixed(np.uint32(column[i] & mask)))
        turned = np.uint32((h << np.uint32(13)) | (h >> np.uint32(19)))
        state[i] = np.uint32(turned * np.uint32(5) + np.uint32(0xE6546B64)) if whole else h


@kernel
def hash32(batch: Any, count: Any, seed: Any, state: Any) -> None:
    """MurmurHash3_x86_32 of the batch's first `count` windows into `state` (uint32), zero raised to one.

    `batch` is a `windows.Batch`; its text is padded so that a load of eight bytes past a window stays inside.
    """
    lengths = batch.lengths
    longest = np.int32(0)
    for i in range(count):
        state[i] = seed
        longest = max(longest, lengths[i])
    for skip in range(0, longest, 4):
        _copy_column(batch.text, batch.starts, count, skip, batch.column)
        _absorb(batch.column, lengths, count, skip, state)
    for i in range(count):
        state[i] = _finished(state[i], np.uint32(lengths[i]))


@kernel
def _turn64(value: Any, bits: Any) -> Any:
    return np.uint64((value << np.uint64(bits)) | (value >> np.uint64(64 - bits)))


@kernel
def _mixed64(word: Any, first: Any, turn: Any, second: Any) -> Any:
    return np.uint64(_turn64(np.uint64(word * first), turn) * second)


@kernel
def _finished64(value: Any) -> Any:
    k = np.uint64((value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD))
    k = np.uint64((k ^ (k >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53))
    return np.uint64(k ^ (k >> np.uint64(33)))


@kernel
def _masked64(data: Any, at: Any, left: Any) -> Any:
    """The little-endian word of the next `left` bytes, of eight at most; never reads past the end of the data."""
    if left <= 0:
        return np.uint64(0)
    if at + 8 <= data.size:
        word = load64(data, np.uintp(at))
        return word if left >= 8 else np.uint64(word & ((np.uint64(1) << np.uint64(8 * left)) - np.uint64(1)))
    word = np.uint64(0)
    for i in range(min(left, 8)):
        word |= np.uint64(data[np.uintp(at + i)]) << np.uint64(8 * i)
    return word


@kernel
def hash128(data: Any, start: Any, length: Any, seed: Any) -> Any:
    """MurmurHash3_x64_128 of data[start : start + length]: both halves, uint64."""
    h1, h2 = np.uint64(seed), np.uint64(seed)
    whole = length // 16
    for block in range(whole):
        at = start + 16 * block
        h1 ^= _mixed64(load64(data, np.uintp(at)), _C1_64, 31, _C2_64)
        h1 = np.uint64((_turn64(h1, 27) + h2) * np.uint64(5) + np.uint64(0x52DCE729))
        h2 ^= _mixed64(load64(data, np.uintp(at + 8)), _C2_64, 33, _C1_64)
        h2 = np.uint64((_turn64(h2, 31) + h1) * np.uint64(5) + np.uint64(0x38495AB5))
    at, left = start + 16 * whole, length - 16 * whole
    h2 ^= _mixed64(_masked64(data, at + 8, left - 8), _C2_64, 33, _C1_64)
    h1 ^= _mixed64(_masked64(data, at, left), _C1_64, 31, _C2_64)
    h1, h2 = np.uint64(h1 ^ np.uint64(length)), np.uint64(h2 ^ np.uint64(length))
    h1 = np.uint64(h1 + h2)
    h2 = np.uint64(h2 + h1)
    h1, h2 = _finished64(h1), _finished64(h2)
    h1 = np.uint64(h1 + h2)
    return h1, np.uint64(h2 + h1)


@kernel
def hash64(batch: Any, count: Any, seed: Any, state: Any) -> None:
    """First half of MurmurHash3_x64_128 of the batch's first `count` windows into `state` (uint64), as `hash32`."""
    for i in range(count):
        first, _ = hash128(batch.text, np.int64(batch.starts[i]), np.int64(batch.lengths[i]), seed)
        state[i] = max(first, np.uint64(1))
