"""Purging: a zone past its end date loses its key, then its files; what lets a document be found is kept."""

from __future__ import annotations

from datetime import date

from governance.keys import KeyStore
from governance.records.storage import remove_tree
from pipelines.home import Home
from pipelines.identities import keep_identities
from pipelines.locks import no_run
from pipelines.zones import Zone, zones


def purge(home: Home, keys: KeyStore, today: date, *, everything: bool = False) -> list[Zone]:
    """Destroys the keys and the files of every zone past its end date (or of all); returns what went.

    Raises:
        BusyError: a run works here.
    """
    with no_run(home):
        gone = [zone for zone in zones(home) if everything or zone.expires < today.isoformat()]
        for zone in gone:
            # A purge that was killed after this step goes on with the files.
            if not keys.is_destroyed(zone.key):
                keep_identities(home, keys, zone)
            # The key before the files: once it is gone, bytes that a disk keeps are unreadable.
            keys.destroy(zone.key)
            remove_tree(home.zone(zone.name))
    return gone
