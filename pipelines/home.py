"""Where things are: the directory of an installation and its zones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from governance.records.errors import ConfigError

HOME_VARIABLE = "MALMOI_HOME"


@dataclass(frozen=True)
class Home:
    """One installation.

    keys/         keys, 0600, apart from the data
    restricted/   encrypted and short-lived: one directory a zone (a snapshot of a source, or a deduplication)
    governed/     one Delta table a corpus: shards, manifests, ledgers, cards
    state/        event log, queue, sharing store, tombstones, runs
    """

    root: Path

    @classmethod
    def of(cls, given: str | Path | None = None) -> Home:
        """The directory given, else MALMOI_HOME, else `.malmoi` here."""
        return cls(Path(given or os.environ.get(HOME_VARIABLE) or ".malmoi").resolve())

    def create(self) -> None:
        """Makes the directory, unless it is there.

        Raises:
            ConfigError: it cannot be made, or not be written to.
        """
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            why = None if os.access(self.state, os.W_OK | os.X_OK) else "no permission to write"
        except OSError as error:
            why = error.strerror
        if why:
            raise ConfigError(f"home {self.root}: {why}; name a directory that can be written with --home")

    @property
    def keys(self) -> Path:
        """Key store directory."""
        return self.root / "keys"

    @property
    def public_key(self) -> Path:
        """Public half of the signing key, to be handed to whoever verifies."""
        return self.root / "public.pem"

    @property
    def restricted(self) -> Path:
        """Parent of the restricted zones."""
        return self.root / "restricted"

    @property
    def state(self) -> Path:
        """Event log, queue, sharing store, tombstones and runs."""
        return self.root / "state"

    @property
    def events(self) -> Path:
        """The hash-chained event log."""
        return self.state / "events.jsonl"

    @property
    def queue(self) -> Path:
        """The labelling queue's embedded database."""
        return self.state / "queue.sqlite"

    @property
    def tombstones(self) -> Path:
        """What was erased and must not come back: keyed digests only."""
        return self.state / "tombstones.parquet"

    @property
    def known_values(self) -> Path:
        """Values that were discovered and destroyed: keyed digests only."""
        return self.state / "known-values.parquet"

    def index(self, corpus: str) -> Path:
        """Keys of what a corpus released, by which a later batch finds its candidates."""
        return self.state / "index" / corpus

    def run(self, run_id: str) -> Path:
        """Plan, receipts' summary and report of one run."""
        return self.state / "runs" / run_id

    def zone(self, name: str) -> Path:
        """One restricted zone."""
        return self.restricted / name

    def corpus(self, name: str) -> Path:
        """The Delta table of a corpus."""
        return self.root / "governed" / name

    def release(self, corpus: str, release_id: str) -> Path:
        """Manifest, ledger, card and lineage of one release."""
        return self.corpus(corpus) / "releases" / release_id
