"""Clusters of duplicates as an officer meets them: the table of a release, and two members side by side.

table    who is with whom, from which source, under which licence    texts    what members say, from the restricted zone
compare  two texts as aligned rows of equal and changed pieces       page     the same as one HTML file
"""
