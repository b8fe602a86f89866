"""Restricted zones: each with a key of its own and an end date, after which `malmoi purge` destroys both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain, count

from governance.keys import KeyStore
from governance.records.storage import matching, write_bytes
from pipelines.home import Home


@dataclass(frozen=True)
class Zone:
    """What a zone says of itself. `source` is empty for a corpus's deduplication files."""

    name: str
    source: str
    created: str
    expires: str

    @property
    def key(self) -> str:
        """Name of the zone's key in the key store."""
        return f"zone/{self.name}"


def declare_zone(home: Home, zone: Zone) -> None:
    """Creates the zone's directory and its label unless it is there."""
    label = home.zone(zone.name) / "zone.json"
    if not label.exists():
        home.zone(zone.name).mkdir(parents=True, exist_ok=True, mode=0o700)
        write_bytes(label, json.dumps(asdict(zone), sort_keys=True).encode())


def usable_zone(name: str, keys: KeyStore) -> str:
    """The name, or the first numbered one whose key was not destroyed: a purged zone's name is spent for good."""
    candidates = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(candidate for candidate in candidates if not keys.is_destroyed(f"zone/{candidate}"))


def zones(home: Home) -> Iterator[Zone]:
    """Every zone, by name."""
    for label in matching(home.restricted, "*/zone.json"):
        yield Zone(**json.loads(label.read_bytes()))
