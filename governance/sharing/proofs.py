"""Proofs for a part of a release: the signed root, and for each shard of a recipient its way to that root."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from governance.entitlements import Shard
from governance.manifest import MANIFEST, ROOT
from governance.records.errors import IntegrityError, NotFoundError
from governance.records.storage import Location
from governance.sharing.catalogue import Catalogue, TableVersion

RELEASES = "releases"


class Proofs:
    """Reads manifests. What of them names shards of others stays here."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def of(self, version: TableVersion, shards: Sequence[Shard]) -> dict[str, Any]:
        """`releaseId`, `envelope` (the root's) and `shards` (entry and proof of each).

        A version that only took files away has no release of its own; its shards are proven by the one before.

        Raises:
            NotFoundError: no signed root is there.
            IntegrityError: the manifest does not name a shard that the version has.
        """
        release_id = self._release(version)
        directory = self._catalogue.root(version.corpus) / RELEASES / release_id
        entries = {entry["path"]: entry for entry in _payload(directory / MANIFEST)["predicate"]["shards"]}
        missing = [shard.path for shard in shards if shard.path not in entries]
        if missing:
            raise IntegrityError(f"release {release_id}: its manifest does not name {', '.join(missing)}")
        envelope = json.loads((directory / ROOT).read_bytes())
        return {
            "releaseId": release_id,
            "envelope": envelope,
            "shards": [_without_state(entries[shard.path]) | {"id": shard.id} for shard in shards],
        }

    def _release(self, version: TableVersion) -> str:
        root = self._catalogue.root(version.corpus)
        for number in range(version.number, -1, -1):
            try:
                release_id = self._catalogue.version(version.corpus, number).release_id
            except NotFoundError:
                break
            if release_id and (root / RELEASES / release_id / ROOT).is_file():
                return release_id
        raise NotFoundError(f"{version.corpus}: no signed root for version {version.number}; publish the release again")


def _payload(path: Location) -> dict[str, Any]:
    envelope = json.loads(path.read_bytes())
    statement: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))
    return statement


def _without_state(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "state"}
