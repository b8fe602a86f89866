"""Deduplication: exact keys, MinHash bands, candidates verified on their n-grams, one survivor a cluster.

minhash     signatures, bit for bit cuDF's          windows, murmur   the kernels under them
gpu         the same on a device, or on the CPU     device, vectors   its port, its self-test
presets     named parameters                        bands             signature -> 64-bit keys
candidates  keys -> edges                           components        edges -> clusters
shingles    n-gram sets, exact sizes                verify            edges + text -> who survives whom
near        all of it over one column in memory
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # On first use: compiling kernels is not worth it for who only reads a preset.
    if name == "signatures":
        from transforms.dedup.minhash import signatures

        return signatures
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
