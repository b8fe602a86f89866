"""What the server does for a caller: lists, versions, snapshots, files, manifests. It knows no HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.entitlements import Asked, Shard, decide_shard, entitled
from governance.gates import korean_day
from governance.policy import Decision
from governance.records.errors import ConfigError, NotFoundError, RefusedError
from governance.records.storage import Location
from governance.sharing.attribution import attribution
from governance.sharing.callers import Caller
from governance.sharing.catalogue import Catalogue, TableVersion
from governance.sharing.links import FileName
from governance.sharing.proofs import Proofs
from governance.sharing.record import recorded, recorded_refusal
from governance.sharing.settings import SharingSettings
from governance.store.grants import Grant
from governance.store.recipients import Recipient

NO_GRANT, QUARANTINED = "share-no-grant", "share-quarantined"
IN_FORCE = "in force"


@dataclass(frozen=True)
class TableName:
    """A table as the protocol names it: the schema is the purpose, the table is the corpus."""

    share: str
    purpose: str
    corpus: str

    @property
    def subject(self) -> str:
        """As the event log names it."""
        return f"table:{self.share}/{self.purpose}/{self.corpus}"


@dataclass(frozen=True)
class When:
    """Which version is asked for; the newest when neither is given."""

    version: int | None = None
    timestamp: datetime | None = None


@dataclass(frozen=True)
class Snapshot:
    """A version with the shards of it that the caller may have; `withheld` it might, but for what was found in them."""

    version: TableVersion
    shards: tuple[tuple[Shard, Decision], ...]
    withheld: tuple[Shard, ...] = ()


@dataclass(frozen=True)
class OpenFile:
    """A file that may be read now, and under which decision."""

    shard: Shard
    path: Location
    decision: Decision


class Desk:
    """Serves callers."""

    def __init__(self, settings: SharingSettings) -> None:
        self.settings = settings
        self.catalogue = Catalogue(settings.corpora)
        self._proofs = Proofs(self.catalogue)

    def tables(self, caller: Caller) -> list[TableName]:
        """Every table that a grant in force opens, sorted by purpose and corpus."""
        names = {name for _, name, state in self.grants(caller) if state == IN_FORCE}
        return sorted((n for n in names if self._exists(n.corpus)), key=lambda n: (n.purpose, n.corpus))

    def grants(self, caller: Caller) -> list[tuple[Grant, TableName, str]]:
        """The caller's own grants, ended ones included: the table each names, and how it stands."""
        day = korean_day(caller.at)
        return [
            (grant, TableName(self.settings.share, grant.purpose, grant.corpus), _standing(grant, day))
            for grant in self._grants(caller)
        ]

    def _grants(self, caller: Caller, corpus: str | None = None) -> list[Grant]:
        recipient = caller.recipient
        return self.settings.store.grants.of((recipient.name, recipient.consortium or recipient.name), corpus)

    def _exists(self, corpus: str) -> bool:
        try:
            return self.catalogue.head(corpus) >= 0
        except NotFoundError:
            return False

    def require_granted(self, caller: Caller, name: TableName) -> None:
        """Refuses a table that no grant, not even one that ended, names; whether it exists is not given away.

        Raises:
            RefusedError: with `share-no-grant`.
        """
        if not any(grant.purpose == name.purpose for grant in self._grants(caller, name.corpus)):
            what = f"{caller.recipient.name} has no grant on {name.corpus[:63]!r} for the purpose {name.purpose[:32]!r}"
            raise RefusedError(what, (NO_GRANT,))

    def find_version(
        self, caller: Caller, name: TableName, when: When, *, earliest_after: bool = False
    ) -> TableVersion:
        """The version asked for.

        Raises:
            RefusedError: no grant names the table.
            NotFoundError: no such version.
            ConfigError: version and timestamp are both given.
        """
        self.require_granted(caller, name)
        if when.version is not None and when.timestamp is not None:
            raise ConfigError("give version or timestamp, not both")
        if when.timestamp is not None:
            return self.catalogue.at(name.corpus, when.timestamp, earliest_after=earliest_after)
        return self.catalogue.version(name.corpus, when.version)

    def snapshot(self, caller: Caller, name: TableName, when: When) -> Snapshot:
        """The shards of a version that the caller may have.

        Raises:
            RefusedError: not one of them; carries every policy that refused.
        """
        version = self.find_version(caller, name, when)
        settings = self.settings
        decided = entitled(
            caller.recipient, version.shards, caller.at, settings.policies, settings.store, purpose=name.purpose
        )
        allowed = tuple((shard, decision) for shard, decision in decided if decision.allowed)
        if decided and not allowed:
            raise _refused_table(caller, name, [decision for _, decision in decided])
        withheld = tuple(shard for shard, decision in decided if decision.policies == (QUARANTINED,))
        return Snapshot(version, allowed, withheld)

    def open_file(self, caller: Caller, file: FileName, action: str) -> OpenFile:
        """Authorises one read of one file, and records it.

        Raises:
            RefusedError: names the policies that refused.
            NotFoundError: the version has no such file, or its bytes are gone.
        """
        name = TableName(self.settings.share, file.purpose, file.corpus)
        with recorded(self.settings, caller, action, f"corpus:{file.corpus}", name.subject) as note:
            shard = self._find_file(caller, name, file)
            note.subjects.append(f"shard:{shard.path}")
            decision = self._decide(caller.recipient, shard, file.purpose, caller.at).require()
            note.handed([(shard, decision)])
            path = self.catalogue.root(file.corpus) / shard.path
            if not path.is_file():
                raise NotFoundError(f"{shard.path}: its bytes are gone: erased, or replaced by a newer version")
            return OpenFile(shard, path, decision)

    def _find_file(self, caller: Caller, name: TableName, file: FileName) -> Shard:
        try:
            return self.catalogue.version(file.corpus, file.version).shard(file.file_id)
        except NotFoundError:
            # Without a grant nobody learns whether a table or a file is there.
            self.require_granted(caller, name)
            raise

    def _decide(self, recipient: Recipient, shard: Shard, purpose: str, at: datetime) -> Decision:
        view = self.settings.store.view(recipient, shard.corpus, shard.source)
        return decide_shard(self.settings.policies, view, shard, Asked(purpose, at))

    def require_still_allowed(self, caller: Caller, shard: Shard, purpose: str) -> None:
        """Authorises a download that is under way once more; a refusal is recorded.

        Raises:
            RefusedError: the token or the grant ended meanwhile.
        """
        name = TableName(self.settings.share, purpose, shard.corpus)
        with recorded_refusal(self.settings, caller, "share.pull", name.subject, f"shard:{shard.path}"):
            at, store = self.settings.clock(), self.settings.store
            store.tokens.by_id(caller.token.id, at=at)
            self._decide(store.recipients.get(caller.recipient.name), shard, purpose, at).require()

    def manifest(self, name: TableName, snapshot: Snapshot) -> dict[str, Any]:
        """The signed root with a proof for each shard the caller may have, and whom to name for them."""
        version = snapshot.version
        shards = [shard for shard, _ in snapshot.shards]
        sources = self.settings.store.sources.of(name.corpus)
        proven = self._proofs.of(version, shards)
        used = {source: sources[source].terms for source in sorted({shard.source for shard in shards})}
        said = {"version": version.number, "table": name.corpus, "attribution": attribution(used)}
        return proven | said | {"withheld": [shard.path for shard in snapshot.withheld]}


def _standing(grant: Grant, day: date) -> str:
    if grant.revoked_at is not None:
        return "revoked"
    if day < grant.valid_from:
        return "not begun"
    return IN_FORCE if day <= grant.valid_until else "ended"


def _refused_table(caller: Caller, name: TableName, decisions: Sequence[Decision]) -> RefusedError:
    reasons: dict[str, str] = {}
    for decision in decisions:
        reasons |= dict(zip(decision.policies, decision.reasons, strict=True))
    because = "; ".join(f"{reasons[policy]} [{policy}]" for policy in sorted(reasons))
    what = f"{caller.recipient.name} may have no shard of {name.corpus} for {name.purpose}"
    return RefusedError(f"{what}: {because}", tuple(sorted(reasons)))
