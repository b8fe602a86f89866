"""Deduplication: exact keys, MinHash bands, candidates verified on their n-grams, one survivor a cluster.

minhash     signatures, bit for bit cuDF's          windows, murmur   the kernels under them
presets     named parameters                        bands             signature -> 64-bit keys
candidates  keys -> edges                           components        edges -> clusters
shingles    n-gram sets, exact sizes                verify            edges + text -> who survives whom
"""
