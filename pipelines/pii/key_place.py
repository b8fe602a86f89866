"""Where the key of pseudonyms is: a file, or an installation's key store. The key itself is never handed around."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from governance.keys import KeyStore, key_directory
from governance.records.errors import MissingKeyError
from transforms.pii.policy import Action, PiiPolicy
from transforms.pii.protect import KEY_BYTES

# For a policy without pseudonyms: no secret, and nothing is made with it.
_UNUSED = b"\0" * KEY_BYTES


@dataclass(frozen=True)
class KeyPlace:
    """A key file, or a name in a key store; neither where no key is needed. Workers read it where it is."""

    file: Path | None = None
    store: Path | None = None
    name: str = ""

    def read(self) -> bytes:
        """The key.

        Raises:
            MissingKeyError: it is not there, is too short, or others can read it.
        """
        if self.file is not None:
            return _of_file(self.file)
        return _UNUSED if self.store is None else KeyStore.open(key_directory(self.store)).secret(self.name)


def _of_file(path: Path) -> bytes:
    if not path.is_file():
        raise MissingKeyError(f"{path}: no such key file; make one with `head -c 32 /dev/urandom > {path}`")
    if path.stat().st_mode & 0o077:
        mode = stat.S_IMODE(path.stat().st_mode)
        raise MissingKeyError(f"{path}: mode {mode:04o} lets others in; run chmod go-rwx on it")
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise MissingKeyError(f"{path}: {len(key)} bytes; a key has at least {KEY_BYTES}")
    return key


def key_place(policy: PiiPolicy, *, file: Path | None, keys: Path, name: str) -> KeyPlace:
    """Where the key is that a policy needs; nowhere for a policy without pseudonyms.

    Raises:
        MissingKeyError: it needs one, and there is neither a file nor an installation.
    """
    if Action.PSEUDONYMISE not in policy.actions.values():
        return KeyPlace()
    if file is None and not key_directory(keys).is_dir():
        raise MissingKeyError(
            f"pseudonyms need a key, and {keys} is no key directory; name an installation with --home, or a file with "
            "--key-file, or use --with masks"
        )
    place = KeyPlace(file=file) if file is not None else KeyPlace(store=keys, name=name)
    place.read()
    return place
