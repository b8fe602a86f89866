"""Where a pull puts its files: a staging area, and the directory that appears at the end."""

from __future__ import annotations

import shutil
from pathlib import Path

from governance.manifest import ROOT
from governance.records.errors import ConfigError


class Place:
    """The directory of a pull, its staging area, and the swap between them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.staging = directory.with_name(f".{directory.name}.pull")
        self.lock = directory.with_name(f".{directory.name}.lock")
        self._old = directory.with_name(f".{directory.name}.old")

    def prepare(self) -> None:
        """Mends what a kill between the two renames left, and refuses a directory that is somebody else's."""
        if self._old.exists() and not self.directory.exists():
            self._old.rename(self.directory)
        if self.directory.exists() and any(self.directory.iterdir()) and not (self.directory / ROOT).exists():
            raise ConfigError(f"{self.directory}: not empty, and not an earlier pull; name a new directory")
        self.staging.mkdir(parents=True, exist_ok=True, mode=0o700)

    def discard(self) -> None:
        """Removes what was fetched."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def finish(self, wanted: set[str]) -> None:
        """Swaps the staging area in; whatever is not wanted in it goes first."""
        for path in sorted(self.staging.rglob("*"), reverse=True):
            if path.is_dir():
                _remove_if_empty(path)
            elif str(path.relative_to(self.staging)) not in wanted:
                path.unlink()
        shutil.rmtree(self._old, ignore_errors=True)
        if self.directory.exists():
            self.directory.rename(self._old)
        self.staging.rename(self.directory)
        shutil.rmtree(self._old, ignore_errors=True)


def _remove_if_empty(path: Path) -> None:
    if not any(path.iterdir()):
        path.rmdir()
