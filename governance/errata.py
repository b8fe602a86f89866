"""Errata: signed statements that an old release was altered on purpose, so that verifying it says why.

An erratum is `errata/<id>.dsse.json` in the table's directory. It names the files that changed, from which digest
to which (or to none), and the first Delta version that is still reachable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.records.errors import IntegrityError
from governance.records.storage import Location, matching, write_bytes
from governance.signing import STATEMENT_TYPE, Signer, open_envelope, sign_statement

ERRATUM_PREDICATE = "https://malmoi.org/attestation/erratum/v1"
DIRECTORY = "errata"


@dataclass(frozen=True)
class Change:
    """One file that changed: its path, the SHA-256 that was signed, and the one it has now (None: it is gone)."""

    path: str
    was: str
    now: str | None


def cause(name: str) -> str:
    """What made the erratum of this name, in words: `erasure E-…`, or `discovery D-…` for a late find."""
    return f"{'discovery' if name.startswith('D-') else 'erasure'} {name}"


@dataclass(frozen=True)
class Erratum:
    """One erasure's effect on releases made before it.

    Attributes:
        releases: those whose files it changed.
        version: the Delta version that the erasure made.
        reachable_from: the first Delta version that time travel reaches afterwards, for every release of the corpus.
    """

    name: str
    corpus: str
    releases: tuple[str, ...]
    changes: tuple[Change, ...]
    version: int
    reachable_from: int

    def statement(self) -> dict[str, Any]:
        """The in-toto Statement that is signed."""
        changes = sorted(self.changes, key=lambda change: (change.path, change.was))
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": c.path, "digest": {"sha256": c.was}} for c in changes],
            "predicateType": ERRATUM_PREDICATE,
            "predicate": {
                "erratum": self.name,
                "corpus": self.corpus,
                "releases": sorted(self.releases),
                "deltaVersion": self.version,
                "reachableFrom": self.reachable_from,
                "changes": [vars(change) for change in changes],
            },
        }

    @classmethod
    def of(cls, statement: Mapping[str, Any]) -> Erratum:
        """From a verified statement."""
        said = statement["predicate"]
        changes = tuple(Change(**change) for change in said["changes"])
        version, reachable = said["deltaVersion"], said["reachableFrom"]
        return cls(said["erratum"], said["corpus"], tuple(said["releases"]), changes, version, reachable)


def write_erratum(root: Location, erratum: Erratum, signer: Signer) -> Location:
    """Signs an erratum and lays it where verification looks; returns its path."""
    path = root / DIRECTORY / f"{erratum.name}.dsse.json"
    write_bytes(path, sign_statement(erratum.statement(), signer))
    return path


class Errata:
    """Errata of a corpus, as far as they speak of one release."""

    def __init__(self, errata: Sequence[Erratum]) -> None:
        self._errata = sorted(errata, key=lambda erratum: (erratum.version, erratum.name))
        self._changes: dict[tuple[str, str], tuple[str | None, str]] = {}
        for change, name in [(change, erratum.name) for erratum in self._errata for change in erratum.changes]:
            self._learn(change, name)

    def _learn(self, change: Change, name: str) -> None:
        # A file altered twice: what was first signed now explains what the later erasure left.
        for key, (now, _) in list(self._changes.items()):
            if key[0] == change.path and now is not None and now == change.was:
                self._changes[key] = (change.now, name)
        self._changes[(change.path, change.was)] = (change.now, name)

    @classmethod
    def load(cls, root: Location, public_key_pem: bytes) -> Errata:
        """Reads and verifies them all.

        Raises:
            IntegrityError: one was not signed by the trusted key, or was altered.
        """
        found = []
        for path in matching(root / DIRECTORY, "*.dsse.json"):
            where = f"{DIRECTORY}/{path.name}"
            statement = open_envelope(path.read_bytes(), public_key_pem, where)
            if statement["predicateType"] != ERRATUM_PREDICATE:
                raise IntegrityError(f"{where}: signed, but no erratum")
            found.append(Erratum.of(statement))
        return cls(found)

    def about(self, corpus: str, release_id: str) -> Errata:
        """Those that name this release of this corpus; no other excuses anything in it."""
        return Errata([e for e in self._errata if e.corpus == corpus and release_id in e.releases])

    def of(self, corpus: str) -> Errata:
        """Those of this corpus."""
        return Errata([e for e in self._errata if e.corpus == corpus])

    def gone(self) -> set[str]:
        """Paths that they took away and put nothing in the place of."""
        return {path for (path, _), (now, _) in self._changes.items() if now is None}

    def explains(self, path: str, was: str, now: str | None) -> str | None:
        """Name of the erratum that says this file went from `was` to `now`, or None."""
        known = self._changes.get((path, was))
        return known[1] if known is not None and known[0] == now else None

    def makes(self, version: int) -> bool:
        """Whether an erasure made this Delta version."""
        return any(erratum.version == version for erratum in self._errata)

    def ends_before(self, version: int) -> str | None:
        """Name of the erratum after which this Delta version is no longer reachable, or None."""
        return next((e.name for e in self._errata if version < e.reachable_from), None)
