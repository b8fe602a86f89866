"""Requests to an object store, one function each; an object is visible whole once its PUT ends, and never before.

Credentials are the client's own affair: it takes them, region and endpoint from the environment, and no URL, path
or message here holds one.

Why obstore and not fsspec: docs/decisions/storage-object-store.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError, PreconditionError
from obstore.store import from_url

from governance.records.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from obstore import GetOptions

SCHEMES = ("s3", "gs", "abfs", "abfss", "az")
_MARKER = ".malmoi-conditional-write"


class Status(NamedTuple):
    """Size in bytes and time of last writing in nanoseconds, named as in `os.stat_result`; and the content's tag."""

    st_size: int
    st_mtime_ns: int
    tag: str | None


class Bucket(NamedTuple):
    """A bucket or container by its URL, without a slash at its end: `s3://corpora`."""

    url: str

    @classmethod
    def split(cls, url: str) -> tuple[Bucket, str]:
        """Bucket and key that a URL names.

        Raises:
            ConfigError: another scheme, no bucket, or credentials in the URL; the URL itself is not repeated.
        """
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise ConfigError(f"store {parts.scheme}://…: write {', '.join(f'{s}://' for s in SCHEMES)} and a bucket")
        # abfs://container@account is how Azure names a container; elsewhere what stands before an @ is a credential.
        hidden = "@" in parts.netloc and (parts.scheme in ("s3", "gs", "az") or parts.password is not None)
        if hidden or parts.query or parts.fragment:
            raise ConfigError(f"store {parts.scheme}://…: a URL holds bucket and prefix; credentials are variables")
        return cls(f"{parts.scheme}://{parts.netloc}"), "/".join(part for part in parts.path.split("/") if part)

    def status(self, key: str) -> Status:
        """Size and time of an object.

        Raises:
            FileNotFoundError: no such object.
        """
        with self._asked(key):
            found = obstore.head(_client(self.url), key)
        return Status(found["size"], int(found["last_modified"].timestamp() * 1_000_000_000), found["e_tag"])

    def read(self, key: str) -> bytes:
        """A whole object.

        Raises:
            FileNotFoundError: no such object.
        """
        with self._asked(key):
            return bytes(obstore.get(_client(self.url), key).bytes())

    def read_range(self, key: str, start: int, length: int, tag: str | None = None) -> bytes:
        """Bytes [start, start + length), which must lie within the object.

        Args:
            tag: of the object they must be of.

        Raises:
            StoreError: the object was replaced since it had that tag.
        """
        options: GetOptions = {"range": (start, start + length)}
        if tag is not None:
            options["if_match"] = tag
        with self._asked(key):
            return bytes(obstore.get(_client(self.url), key, options=options).bytes())

    def any_below(self, prefix: str | None) -> bool:
        """Whether an object's key begins so; a prefix ends with "/"."""
        with self._asked(prefix or ""):
            return any(obstore.list(_client(self.url), prefix=prefix, chunk_size=1))

    def all_below(self, prefix: str | None) -> list[str]:
        """Keys that begin so, at any depth."""
        with self._asked(prefix or ""):
            return [found["path"] for page in obstore.list(_client(self.url), prefix=prefix) for found in page]

    def directly_below(self, prefix: str | None) -> list[str]:
        """Keys, and prefixes without their last "/", one part longer than this prefix."""
        with self._asked(prefix or ""):
            found = obstore.list_with_delimiter(_client(self.url), prefix=prefix)
        return [p.rstrip("/") for p in found["common_prefixes"]] + [entry["path"] for entry in found["objects"]]

    def put(self, key: str, data: bytes | Path) -> None:
        """Makes an object of bytes or of a local file, in place of one that is there."""
        with self._asked(key):
            obstore.put(_client(self.url), key, data)

    def create(self, key: str, data: bytes) -> None:
        """Makes an object unless it is there, decided by the store itself (`If-None-Match: *`).

        Raises:
            FileExistsError: it is there.
            ConfigError: the store has no such write.
        """
        try:
            with self._asked(key):
                obstore.put(_client(self.url), key, data, mode="create")
        except (NotSupportedError, NotImplementedError):
            raise self._unconditional() from None

    def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects; one that is gone already counts as deleted."""
        if keys:
            with self._asked(keys[0]):
                obstore.delete(_client(self.url), list(keys))

    def require_conditional(self, prefix: str) -> None:
        """Refuses a store that writes over what a conditional write must leave alone.

        Raises:
            ConfigError: it does, or knows no conditional write.
        """
        marker = f"{prefix}/{_MARKER}" if prefix else _MARKER
        for _ in range(2):
            try:
                self.create(marker, b"")
            except FileExistsError:
                return
        raise self._unconditional()

    def _unconditional(self) -> ConfigError:
        return ConfigError(
            f"{self.url}: it does not refuse a conditional write (If-None-Match: *), so that two commits could both "
            "win there; use a store that does"
        )

    @contextmanager
    def _asked(self, key: str) -> Iterator[None]:
        """Tells in our own words what a store refuses: a client's message may quote a request or its headers.

        Raises:
            FileExistsError: an object is there that should not be.
            StoreError: the store did not answer, or refused.
        """
        try:
            yield
        except AlreadyExistsError:
            raise FileExistsError(f"{self.url}/{key}") from None
        except NotSupportedError:
            raise
        except PreconditionError:
            raise StoreError(f"{self.url}/{key}: replaced while it was read; run the same command again") from None
        except BaseError as error:
            why = type(error).__name__.removesuffix("Error")
            raise StoreError(
                f"{self.url}/{key}: the store did not do it ({why}); see that it answers and that its variables "
                "(AWS_…, GOOGLE_…, AZURE_…) give access, then run the same command again"
            ) from None


@lru_cache(maxsize=8)
def _client(url: str) -> Any:
    """The connection to a bucket, one a process."""
    return from_url(url)
