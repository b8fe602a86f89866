"""Deduplication alone, over files of any origin: what `malmoi dedup` runs.

settings  what may be chosen                    inputs    the files given, their columns, and parts of them
parquet   row groups -> batches                 jsonl     blocks of lines -> batches
spool     scratch without a name                signing   first pass: every text to keys and sizes
settling  candidates -> clusters, second pass   result    clusters.parquet and stats.json
alone     all of it

Texts are met twice, a few blocks a core at a time, and only those of candidates are laid aside, in a scratch file
that has no name and so cannot be left behind. Documents are numbered by row over the files in the order given.
"""
