"""Where things are: the directory of an installation, and its zones, which may lie in an object store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from governance.records.errors import ConfigError
from governance.records.objects import ObjectPath
from governance.records.settings import Frozen, parse
from governance.records.storage import Location, location

HOME_VARIABLE = "MALMOI_HOME"
SETTINGS = "home.yaml"


class HomeSettings(Frozen):
    """home.yaml of an installation; without one, everything lies in its directory.

    Attributes:
        store: URL below which restricted/ and governed/ lie, as s3://bucket/prefix; it holds no credentials.
    """

    store: str | None = None


@dataclass(frozen=True)
class Home:
    """One installation.

    keys/         keys, 0600, apart from the data
    restricted/   encrypted and short-lived: one directory a zone (a snapshot of a source, or a deduplication)
    governed/     one Delta table a corpus: shards, manifests, ledgers, cards
    state/        event log, queue, sharing store, tombstones, runs

    `store` is the URL below which restricted/ and governed/ lie; None is the directory itself.
    """

    root: Path
    store: str | None = None

    @classmethod
    def of(cls, given: str | Path | None = None) -> Home:
        """The directory given, else MALMOI_HOME, else `.malmoi` here; with the store that its home.yaml names.

        Raises:
            ConfigError: home.yaml has an unknown key, or a store that is none.
        """
        root = Path(given or os.environ.get(HOME_VARIABLE) or ".malmoi").resolve()
        return cls(root, _settings(root / SETTINGS).store)

    def create(self) -> None:
        """Makes the directory, unless it is there.

        Raises:
            ConfigError: it cannot be made or not be written to, or its store cannot decide which of two writes wins.
        """
        zones = self.zones
        if isinstance(zones, ObjectPath):
            zones.bucket.require_conditional(zones.key)
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
    def zones(self) -> Location:
        """Where restricted/ and governed/ lie."""
        return self.root if self.store is None else location(self.store)

    @property
    def restricted(self) -> Location:
        """Parent of the restricted zones."""
        return self.zones / "restricted"

    @property
    def governed(self) -> Location:
        """Parent of the corpora."""
        return self.zones / "governed"

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
    def digests(self) -> Location:
        """State that workers read too, keyed digests only: it goes with the zones where these lie in a store."""
        return self.state if self.store is None else self.zones / "state"

    @property
    def tombstones(self) -> Location:
        """What was erased and must not come back: keyed digests only."""
        return self.digests / "tombstones.parquet"

    @property
    def known_values(self) -> Location:
        """Values that were discovered and destroyed: keyed digests only."""
        return self.digests / "known-values.parquet"

    @property
    def identities(self) -> Location:
        """What a purged zone's documents are still found by: ids and keyed digests."""
        return self.digests / "identities"

    def index(self, corpus: str) -> Location:
        """Keys of what a corpus released, by which a later batch finds its candidates."""
        return self.digests / "index" / corpus

    def run(self, run_id: str) -> Path:
        """Plan, receipts' summary and report of one run."""
        return self.state / "runs" / run_id

    def zone(self, name: str) -> Location:
        """One restricted zone."""
        return self.restricted / name

    def corpus(self, name: str) -> Location:
        """The Delta table of a corpus."""
        return self.governed / name

    def release(self, corpus: str, release_id: str) -> Location:
        """Manifest, ledger, card and lineage of one release."""
        return self.corpus(corpus) / "releases" / release_id


def _settings(path: Path) -> HomeSettings:
    if not path.is_file():
        return HomeSettings()
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError:
        data = None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: write one line, `store: s3://bucket/prefix`")
    settings = parse(HomeSettings, data, str(path))
    if settings.store is not None:
        location(settings.store)
    return settings
