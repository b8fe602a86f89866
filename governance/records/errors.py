"""Every error Malmoi raises on purpose, on one page.

    MalmoiError                 exit code 1
    ├── ConfigError             2   a recipe, source or option is wrong; carries every problem found
    ├── RefusedError            3   a policy said no; carries the ids of the policies that decided
    ├── IntegrityError          4   bytes are not what was signed, or the books do not balance
    ├── BusyError               5   another process holds what this one needs
    ├── NotFoundError           6   nothing has this id, name or version
    ├── MissingKeyError         7   a key that is needed is absent, destroyed or unreadable
    ├── VersionError            8   written by a newer major version than this reader knows
    ├── StoreError              9   an object store did not answer, or refused
    ├── WorkerLostError         1   a worker process died under a run
    ├── Interrupted           130   a run was stopped by a signal
    └── BrokenError             1   one item or document cannot be read; carries an ErrorCode

Messages say what, where and what to do. They carry ids and places, never text, values, tokens or keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class MalmoiError(Exception):
    """Something Malmoi refuses or cannot do; the message says what, where and what to do."""

    exit_code = 1


class ConfigError(MalmoiError):
    """A recipe, source, terms or option is wrong. `problems` holds every problem, one sentence each."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class RefusedError(MalmoiError):
    """A policy said no. `policies` are the ids of the policies that decided."""

    exit_code = 3

    def __init__(self, message: str, policies: Sequence[str] = ()) -> None:
        self.policies = tuple(policies)
        super().__init__(message)


class IntegrityError(MalmoiError):
    """Bytes are not what was signed, a chain is broken, or the books do not balance."""

    exit_code = 4


class BusyError(MalmoiError):
    """Another process holds the lock; wait for it or end it."""

    exit_code = 5


class NotFoundError(MalmoiError):
    """Nothing has this id, name or version."""

    exit_code = 6


class MissingKeyError(MalmoiError):
    """A key that is needed is absent, destroyed or not readable by this account."""

    exit_code = 7


class VersionError(MalmoiError):
    """Written by a newer major version than this reader knows; upgrade Malmoi."""

    exit_code = 8


class StoreError(MalmoiError):
    """An object store did not answer, or refused; what is finished stays, so the same command goes on."""

    exit_code = 9


class WorkerLostError(MalmoiError):
    """A worker process died under the run; what is finished stays and a rerun goes on from it."""


class Interrupted(MalmoiError):
    """The run was stopped by a signal; what is finished stays and a rerun goes on from it."""

    exit_code = 130


class ErrorCode(StrEnum):
    """Why an item or a document is broken. The enumeration is closed: the ledger holds nothing else."""

    EMPTY_ITEM = "empty_item"
    VANISHED = "vanished"
    CHANGED = "changed_since_snapshot"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    UNSUPPORTED_FORMAT = "unsupported_format"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    BAD_ENCODING = "bad_encoding"
    BAD_RECORD = "bad_record"
    RECORD_TOO_LARGE = "record_too_large"
    MISSING_FIELD = "missing_field"
    NULL_TEXT = "null_text"
    EMPTY_TEXT = "empty_text"
    DUPLICATE_NATIVE_ID = "duplicate_native_id"
    ENCRYPTED = "encrypted"


class BrokenError(MalmoiError):
    """One item or document cannot be read.

    Attributes:
        code: why, from the closed enumeration.
        offset: first byte inside the item, or -1 when the whole item is meant.
        length: bytes, or -1 when unknown.
    """

    def __init__(self, code: ErrorCode, where: str, *, offset: int = -1, length: int = -1) -> None:
        self.code, self.offset, self.length = code, offset, length
        super().__init__(f"{where}: {code.value}")
