"""The whole job on 342 MB of court decisions, beside datatrove running the same recipe in the same run."""
