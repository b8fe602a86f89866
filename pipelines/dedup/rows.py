"""What every kind of file gives: parts that yield blocks, each turned into rows of an id and a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from governance.records.errors import ConfigError
from governance.records.settings import nearest
from transforms.dedup.utf8 import is_utf8

# Text of a block: enough that a thread is not woken for little, and few enough that a block a core is nothing.
BLOCK_BYTES = 4 << 20


class Columns(NamedTuple):
    """Names of the columns that are read."""

    id: str
    text: str


class Kind(Enum):
    """What ids are."""

    TEXT = "text"
    INTEGER = "integer"


class Rows(NamedTuple):
    """Rows of a block: ids (large_string or int64, no nulls) and texts (large_string; null where there is none)."""

    ids: pa.Array
    text: pa.LargeStringArray


# Reading goes on in the thread that iterates; what costs, parsing, is done where the block is called.
Block: TypeAlias = Callable[[], Rows]


class Part(Protocol):
    """A stretch of a file."""

    def blocks(self) -> Iterator[Block]:
        """Its rows in order; each time anew."""
        ...


def rows_of(ids: pa.Array, text: pa.Array, where: str) -> Rows:
    """Rows of one type whatever the file's.

    Raises:
        ConfigError: an id is null, or a string is not UTF-8.
    """
    if ids.null_count:
        raise ConfigError(f"{where}: {ids.null_count} ids are null; every document needs one")
    number = pa.types.is_integer(ids.type)
    rows = Rows(ids.cast(pa.int64() if number else pa.large_string()), text.cast(pa.large_string()))
    if not (is_utf8(rows.text) and (number or is_utf8(rows.ids))):
        raise ConfigError(f"{where}: holds bytes that are not UTF-8 where text belongs; mend or leave out")
    return rows


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text, dictionary-encoded or not."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def missing(where: str, column: str, known: list[str], option: str) -> str:
    """The sentence for a column that is not there."""
    hint = nearest(column, known) or (f"; it has {', '.join(sorted(known)[:12])}" if known else "")
    return f"{where}: no column {column!r} (--{option}-column){hint}"


def present(text: pa.Array) -> pa.Array:
    """Texts without nulls, which become empty: they have no characters to hash and are set aside by number."""
    return pc.fill_null(text, "") if text.null_count else text
