"""Steps through UTF-8 bytes inside Numba kernels."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def decode(data, at, stop):  # type: ignore[no-untyped-def]
    """Code point at byte `at` and its length in bytes.

    Signs beyond the Basic Multilingual Plane all come back as U+FFFF, a noncharacter, so that 65,536-entry tables can
    be indexed without a check. Bytes that cannot be UTF-8 count as one sign each.
    """
    lead = data[at]
    if lead < 0x80:
        return np.int64(lead), 1
    if lead >= 0xE0 and lead < 0xF0 and at + 2 < stop:
        return (
            ((np.int64(lead) & 0x0F) << 12) | ((np.int64(data[at + 1]) & 0x3F) << 6) | (np.int64(data[at + 2]) & 0x3F),
            3,
        )
    if lead >= 0xC0 and lead < 0xE0 and at + 1 < stop:
        return ((np.int64(lead) & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), 2
    if lead >= 0xF0 and at + 3 < stop:
        return np.int64(0xFFFF), 4
    return np.int64(0xFFFF), 1


@njit(cache=True)
def step_back(data, at, start):  # type: ignore[no-untyped-def]
    """First byte of the sign that ends before byte `at`, or `start`."""
    at -= 1
    while at > start and (data[at] & 0xC0) == 0x80:
        at -= 1
    return at


@njit(cache=True)
def back_up(data, at, start, count):  # type: ignore[no-untyped-def]
    """Byte `count` signs before `at` and how many signs that really were."""
    done = 0
    while done < count and at > start:
        at = step_back(data, at, start)
        done += 1
    return at, done


@njit(cache=True)
def move_on(data, at, stop, count):  # type: ignore[no-untyped-def]
    """Byte `count` signs after `at`, or `stop`."""
    while count > 0 and at < stop:
        at += 1
        while at < stop and (data[at] & 0xC0) == 0x80:
            at += 1
        count -= 1
    return at
