"""The report of a run: one self-contained page, and the planted things against what was found."""
