"""What the sharing server needs, read once when it starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from governance.events import Event, EventLog
from governance.keys import KeyStore
from governance.policy import Policies, default_policies
from governance.records.storage import Location
from governance.store.sharing import SharingStore

PREFIX = "/delta-sharing"
SHARE = "malmoi"
STORE_VARIABLE = "MALMOI_STORE"
LINK_KEY = "sharing-links"


class EventSink(Protocol):
    """Where events go; `EventLog` is one."""

    def append(self, *events: Event) -> object:
        """Keeps events, in order, before it returns."""


@dataclass(frozen=True)
class SharingSettings:
    """The server's surroundings.

    Attributes:
        corpora: directory with one Delta table a corpus, on a disk or in an object store.
        link_key: 32 bytes that sign links to files; in no repr.
        clock: gives an aware datetime.
        base_url: what recipients reach the server under; None takes each request's own.
        link_for: how long a link to a file holds. Short is no gain: each GET is authorised again, and clients never
            ask for a new link (delta-io/delta-sharing issue 941).
        recheck_bytes: a download under way is authorised again after so many bytes.
        chunk_bytes: how much of a file is sent at a time.
    """

    corpora: Location
    store: SharingStore
    policies: Policies
    events: EventSink
    clock: Callable[[], datetime]
    link_key: bytes = field(repr=False)
    base_url: str | None = None
    prefix: str = PREFIX
    share: str = SHARE
    link_for: timedelta = timedelta(days=7)
    recheck_bytes: int = 16 << 20
    chunk_bytes: int = 256 << 10

    @classmethod
    def of_home(
        cls,
        home: Path,
        *,
        clock: Callable[[], datetime],
        base_url: str | None = None,
        corpora: Location | None = None,
    ) -> SharingSettings:
        """The settings of an installation at `home`, with the policies that Malmoi ships.

        Args:
            corpora: where the Delta tables are, if not in `home`.
        """
        return cls(
            corpora=corpora or home / "governed",
            store=open_store(home),
            policies=Policies.load(default_policies()),
            events=EventLog(home / "state" / "events.jsonl"),
            clock=clock,
            link_key=KeyStore.open(home / "keys", create=True).secret(LINK_KEY),
            base_url=base_url,
        )


def open_store(home: Path) -> SharingStore:
    """The installation's sharing store: the URL in MALMOI_STORE, else `state/sharing.sqlite`."""
    return SharingStore.open(os.environ.get(STORE_VARIABLE) or home / "state" / "sharing.sqlite")
