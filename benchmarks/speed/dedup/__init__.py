"""Deduplication: speed and quality against its peers, side by side on the same file."""
