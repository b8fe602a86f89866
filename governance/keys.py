"""Keys: one small file each, in a directory apart from the data and with rights of its own.

    <directory>/<quoted name>.key         32 random bytes, 0600, made on first use
    <directory>/<quoted name>.destroyed   the key was destroyed; the name is never used again

A worker on another machine gets its keys from a mounted directory (`MALMOI_KEYS`). Nothing here prints, logs
or pickles key bytes: a pickled store carries its path only.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, SupportsIndex
from urllib.parse import quote, unquote

from governance.records.errors import ConfigError, MissingKeyError
from governance.records.ids import KEY_BYTES, base32, keyed_digest
from governance.signing import Signer

KEYS_VARIABLE = "MALMOI_KEYS"
SIGNING = "signing"
_KEY, _DESTROYED, _LOCK = ".key", ".destroyed", ".lock"
_NAME_BYTES = 200


def key_directory(default: Path) -> Path:
    """The directory that MALMOI_KEYS names (a mounted one, on a worker), else `default`."""
    return Path(os.environ.get(KEYS_VARIABLE) or default)


def public_id(key: bytes) -> str:
    """26-character public id of a key: equal keys have equal ids, and the id gives nothing of the key away."""
    return base32(keyed_digest(key, b"malmoi public key id"))


class Secret(bytes):
    """Key bytes that no repr, log line, traceback or pickle shows."""

    def __repr__(self) -> str:
        return "<32 secret bytes>"

    __str__ = __repr__

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a key is not pickled; open the key store where it is needed")


class KeyStore:
    """Keys of one installation, by name: "doc-id", "tombstone", "pseudonym/<source>/<epoch>", "zone/<name>"."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def open(cls, path: Path, create: bool = False) -> KeyStore:
        """The store at `path`; with `create`, an empty one is made when nothing is there.

        Raises:
            MissingKeyError: no directory there, or others than its owner can read it.
        """
        if create and not path.exists():
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.is_dir():
            raise MissingKeyError(
                f"{path}: no key directory; `malmoi run` makes it with the first run, or set {KEYS_VARIABLE}"
            )
        _require_private(path.stat(), path)
        return cls(path)

    def __repr__(self) -> str:
        return f"KeyStore({str(self._directory)!r})"

    def secret(self, name: str) -> Secret:
        """The key of this name, 32 bytes, made on first use; every process gets the same one.

        Raises:
            MissingKeyError: it was destroyed, is readable by others, or cannot be made here (read-only mount).
        """
        found = self.peek(name)
        return found if found is not None else self._make(name)

    def peek(self, name: str) -> Secret | None:
        """The key of this name, or None when none was ever made.

        Raises:
            MissingKeyError: it was destroyed, or is readable by others.
        """
        if self.is_destroyed(name):
            raise MissingKeyError(f"key {name!r} was destroyed; what it protected cannot be read again")
        try:
            return _read(self._path(name, _KEY))
        except FileNotFoundError:
            return None

    def is_destroyed(self, name: str) -> bool:
        """Whether `destroy` was ever called for this name."""
        return self._path(name, _DESTROYED).exists()

    def destroy(self, name: str) -> None:
        """Overwrites and unlinks the key, and remembers that the name is spent. Repeating it is harmless."""
        with self._locked():
            # The mark first: a kill between the two steps leaves a key that nobody is given any more.
            os.close(os.open(self._path(name, _DESTROYED), os.O_CREAT | os.O_WRONLY, 0o600))
            _sync(self._directory)
            path = self._path(name, _KEY)
            if path.exists():
                _overwrite(path)
                path.unlink()
                _sync(self._directory)

    def names(self) -> list[str]:
        """Names of every key that is there, sorted; the destroyed are left out."""
        return sorted(unquote(path.name.removesuffix(_KEY)) for path in self._directory.glob(f"*{_KEY}"))

    def key_id(self, name: str) -> str:
        """Public id of a key, made on first use like the key itself."""
        return public_id(self.secret(name))

    def signer(self) -> Signer:
        """The installation's Ed25519 signer."""
        return Signer(self.secret(SIGNING))

    @property
    def public_pem(self) -> bytes:
        """Public half of the signing key, PEM: hand it to whoever verifies, by another road than the release."""
        return self.signer().public_pem

    def _path(self, name: str, suffix: str) -> Path:
        quoted = quote(name, safe="")
        if not quoted or len(quoted) > _NAME_BYTES or quoted.startswith("."):
            raise ConfigError(f"key name {name!r}: empty, longer than {_NAME_BYTES} bytes, or starts with a dot")
        return self._directory / (quoted + suffix)

    def _make(self, name: str) -> Secret:
        target = self._path(name, _KEY)
        with self._locked():
            found = self.peek(name)
            if found is not None:
                return found
            for leftover in self._directory.glob(".*.tmp"):  # of a process killed here; nobody was given its key
                leftover.unlink()
            temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
            _write(temporary, secrets.token_bytes(KEY_BYTES))
            temporary.rename(target)
            _sync(self._directory)
        return _read(target)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            handle = os.open(self._directory / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise MissingKeyError(
                f"{self._directory}: cannot be written ({error.strerror}); make the key first where it can"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _require_private(status: os.stat_result, path: Path) -> None:
    if status.st_mode & 0o077:
        raise MissingKeyError(f"{path}: mode {stat.S_IMODE(status.st_mode):04o} lets others in; run chmod go-rwx on it")
    if status.st_uid not in (os.geteuid(), 0):
        raise MissingKeyError(f"{path}: belongs to another account (uid {status.st_uid})")


def _read(path: Path) -> Secret:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _require_private(os.fstat(handle), path)
        key = os.read(handle, KEY_BYTES + 1)
    finally:
        os.close(handle)
    if len(key) != KEY_BYTES:
        raise MissingKeyError(f"{path}: not a key of {KEY_BYTES} bytes; restore it from your backup")
    return Secret(key)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        for _ in range(2):
            os.pwrite(handle, secrets.token_bytes(KEY_BYTES), 0)
            os.fsync(handle)
    finally:
        os.close(handle)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
