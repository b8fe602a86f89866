"""What the ground of a release costs: Parquet, encryption, the event log, verification."""
