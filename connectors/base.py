"""What a connector is: it lists items and opens them. Each kind is a row of CONNECTORS and one file."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from connectors.spec import SourceSpec


@dataclass(frozen=True)
class Item:
    """A file of a source as the snapshot saw it.

    Attributes:
        name: POSIX path relative to the source's root.
        size: bytes.
        digest: BLAKE3 of the bytes, hex; "" when they could not be read, and then `open` says why.
        modified: unix seconds.
    """

    name: str
    size: int
    digest: str
    modified: int


class Connector(Protocol):
    """Lists a source's items and opens them, on any machine that can reach the source.

    Attributes:
        is_local: whether reading bytes a second time is cheap; only then a large item's digest is checked again.
    """

    is_local: bool

    def check(self) -> list[str]:
        """Problems that keep the source from being read at all (no such directory), one sentence each."""
        ...

    def list(self) -> Iterator[Item]:
        """Every item once, in any order; one that cannot be read is listed with an empty digest, never left out.

        Raises:
            ConfigError: the source cannot be read at all.
        """
        ...

    def open(self, name: str) -> BinaryIO:
        """A seekable stream of an item's bytes.

        Raises:
            BrokenError: VANISHED, or UNREADABLE (permission, a link that leaves the root, no regular file).
        """
        ...


# Name in a source's YAML to "module:class"; imported when used, so that one connector's packages bind only its users.
CONNECTORS = {
    "files": "connectors.files:FilesConnector",
    "konlpy": "connectors.government.konlpy_package:KonlpyPackage",
}


def open_connector(spec: SourceSpec) -> Connector:
    """The connector of a source; nothing is read yet."""
    module, _, name = CONNECTORS[spec.connector].partition(":")
    make: Callable[[SourceSpec], Connector] = getattr(importlib.import_module(module), name)
    return make(spec)
