"""Pulling what one is entitled to: resumable, verified against the signed root, whole or not at all.

    .<name>.pull/    what was fetched so far; a pull that breaks off goes on here
    <name>/          appears at the end, verified: shards/…, ATTRIBUTION.md, root.dsse.json, shards.json

A refusal in the middle (a grant revoked, a token ended) removes what this pull fetched: nothing of it may be kept.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from governance.delta import file_sha256
from governance.manifest import ROOT
from governance.records.errors import IntegrityError, MalmoiError, RefusedError
from governance.records.ids import canonical_json
from governance.records.storage import exclusive, write_bytes
from governance.sharing.attribution import FILE as ATTRIBUTION
from governance.sharing.place import Place
from governance.sharing.profile import ClientProfile, Connection, require_ok
from governance.sharing.proven import ENTRIES, Proven, prove
from governance.sharing.remote import RemoteTable, find_table, reachable, table_path

_CHUNK = 1 << 20
_RECORDS = (ATTRIBUTION, ROOT, ENTRIES)


@dataclass(frozen=True)
class PullOptions:
    """How to pull.

    Attributes:
        version: of the table; the newest when None.
        attempts: how often a broken connection is taken up again without any progress between.
        progress: is told bytes done and bytes in all.
        sleep: waits, seconds.
    """

    version: int | None = None
    attempts: int = 5
    progress: Callable[[int, int], None] | None = None
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class PullReport:
    """What a pull did.

    Attributes:
        bytes: of all shards in the directory.
        fetched_bytes: of those, what came over the network this time.
        reused: shards that were here already, from an earlier or broken-off pull.
        withheld: shards that are not served because personal data were found in them. An earlier pull's copy is gone
            from the directory; every other copy has to be destroyed.
    """

    table: str
    version: int
    release_id: str
    directory: Path
    shards: int
    documents: int
    bytes: int
    fetched_bytes: int
    reused: int
    withheld: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """JSON-ready value."""
        return asdict(self) | {"directory": str(self.directory)}


def pull(
    profile: Path, table: str, directory: Path, *, public_key_pem: bytes, options: PullOptions | None = None
) -> PullReport:
    """Brings the caller's part of a table into `directory`.

    Args:
        profile: profile file.
        table: `share.purpose.corpus`, or as much of its end as is unambiguous (`corpus`, `purpose.corpus`).
        directory: made, or replaced when it holds an earlier pull.
        public_key_pem: the key the release must be signed with, from outside the release.

    Raises:
        RefusedError: the server refused, at the start or in the middle; what this pull fetched is gone.
        IntegrityError: a root, proof or file that the key did not sign.
        ConfigError: the profile, table name or directory is wrong.
        MalmoiError: the server cannot be reached; run it again to go on.
    """
    options = options or PullOptions()
    place = Place(directory.absolute())
    with exclusive(place.lock, f"pull into {directory}"), Connection(ClientProfile.read(profile)) as connection:
        place.prepare()
        with _nothing_kept_on_refusal(place):
            name = find_table(connection, table)
            path = f"{table_path(name)}/manifest"
            answer = reachable(lambda: connection.get(path, version=options.version))
            proven = prove(answer, public_key_pem)
            return _Pull(connection, place, name, proven, options).run()


@contextmanager
def _nothing_kept_on_refusal(place: Place) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        place.discard()
        raise RefusedError(f"{error}; nothing of this pull was kept", error.policies) from None


class _Pull:
    """One pull under way."""

    def __init__(
        self, connection: Connection, place: Place, name: RemoteTable, proven: Proven, options: PullOptions
    ) -> None:
        self._connection, self._place, self._name = connection, place, name
        self._proven, self._options = proven, options
        self._done = self._fetched = self._reused = 0

    def run(self) -> PullReport:
        """Fetches every shard, writes the records, swaps."""
        entries = self._proven.entries
        for entry in entries:
            self._bring(entry)
        write_bytes(self._place.staging / ATTRIBUTION, self._proven.attribution.encode())
        write_bytes(self._place.staging / ROOT, self._proven.envelope)
        write_bytes(self._place.staging / ENTRIES, canonical_json(list(entries)))
        self._place.finish({entry["path"] for entry in entries} | set(_RECORDS))
        return PullReport(
            table=str(self._name),
            version=self._proven.version,
            release_id=self._proven.release_id,
            directory=self._place.directory,
            shards=len(entries),
            documents=sum(entry["rows"] for entry in entries),
            bytes=sum(entry["bytes"] for entry in entries),
            fetched_bytes=self._fetched,
            reused=self._reused,
            withheld=self._proven.withheld,
        )

    def _bring(self, entry: dict[str, Any]) -> None:
        target = self._place.staging / entry["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if self._is_there(target, entry) or self._take_over(self._place.directory / entry["path"], target, entry):
            self._reused += 1
        else:
            self._fetch(entry, target)
        self._done += entry["bytes"]
        self._tell(0)

    def _is_there(self, path: Path, entry: dict[str, Any]) -> bool:
        return path.is_file() and path.stat().st_size == entry["bytes"] and file_sha256(path) == entry["sha256"]

    def _take_over(self, old: Path, target: Path, entry: dict[str, Any]) -> bool:
        """Takes a shard from the earlier pull: a link costs nothing, and shards are never written into."""
        if not self._is_there(old, entry):
            return False
        target.unlink(missing_ok=True)
        os.link(old, target)
        return True

    def _fetch(self, entry: dict[str, Any], target: Path) -> None:
        # The digest in the name keeps bytes of another file from being continued.
        part = target.with_name(f"{target.name}.{entry['sha256'][:16]}.part")
        for _ in range(2):
            self._fill(entry, part)
            if self._is_there(part, entry):
                part.rename(target)
                return
            part.unlink()
        raise IntegrityError(f"{entry['path']}: the bytes are not those that were signed; tell the officers")

    def _fill(self, entry: dict[str, Any], part: Path) -> None:
        """Fetches what is missing of a file; a broken connection is taken up where it ended."""
        failures, before = 0, -1
        while (have := part.stat().st_size if part.exists() else 0) < entry["bytes"]:
            failures = failures + 1 if have == before else 0
            if failures >= self._options.attempts:
                raise MalmoiError(f"{entry['path']}: the connection breaks off; run the same pull again to go on")
            if failures:
                self._options.sleep(min(2.0**failures / 4, 10.0))
            before = have
            self._stream(entry, part, have)

    def _stream(self, entry: dict[str, Any], part: Path, start: int) -> None:
        table = f"{self._connection.endpoint}/{table_path(self._name)}"
        url = f"{table}/versions/{self._proven.version}/files/{entry['id']}.parquet"
        try:
            with self._connection.http.stream("GET", url, headers={"range": f"bytes={start}-"}) as response:
                require_ok(response)
                _require_continues(response, start, entry)
                with part.open("ab") as file:
                    for chunk in response.iter_raw(_CHUNK):
                        file.write(chunk)
                        self._fetched += len(chunk)
                        self._tell(file.tell())
                        if file.tell() > entry["bytes"]:
                            break
        except httpx.TransportError:
            # Not lost: the bytes that came are in the file, and the loop goes on from there.
            return

    def _tell(self, extra: int) -> None:
        if self._options.progress is not None:
            self._options.progress(self._done + extra, sum(entry["bytes"] for entry in self._proven.entries))


def _require_continues(response: httpx.Response, start: int, entry: dict[str, Any]) -> None:
    expected = f"bytes {start}-{entry['bytes'] - 1}/{entry['bytes']}"
    if response.status_code != 206 or response.headers.get("content-range") != expected:
        raise IntegrityError(f"{entry['path']}: the server sends other bytes than were asked for; tell the officers")
