"""Redacting files: the same files without personal information, and a count of what was done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from governance.records.errors import ConfigError
from governance.records.storage import atomic_path
from pipelines.pii.blocks import Block, Columns, blocks, grouped, is_text
from pipelines.pii.files import File, size_of
from pipelines.pii.key_place import KeyPlace
from pipelines.pii.pool import ordered_map, workers_for
from pipelines.pii.reading import Rows, numbered_lines, read_record, rows_of_group
from transforms.pii.policy import PiiPolicy
from transforms.pii.protect import protect

_SEPARATORS = (",", ":")


@dataclass(frozen=True)
class Order:
    """What is done to which columns, and where the key is that pseudonyms are made with."""

    columns: Columns
    policy: PiiPolicy
    key: KeyPlace


@dataclass
class Done:
    """What was done; adds up over blocks.

    Attributes:
        actions: spans by kind and action.
        unread: names of fields that hold text and were not among the columns.
        broken: places that could not be read, each with the reason.
    """

    documents: int = 0
    bytes: int = 0
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def add(self, other: Done) -> None:
        """Adds another block's."""
        self.documents += other.documents
        self.bytes += other.bytes
        self.actions.update(other.actions)
        self.unread |= other.unread
        self.broken += other.broken


@dataclass(frozen=True)
class Redacted:
    """A block without personal information, as its file holds it."""

    file: File
    payload: bytes | pa.Table
    done: Done


def redact_files(files: Sequence[File], out: Path, order: Order, *, workers: int | None = None) -> Done:
    """Writes every file below `out` under its own name, itself redacted; each appears whole or not at all.

    A line that cannot be read is left out and counted: copying it would be to release it unread.

    Raises:
        ConfigError: a target is there already, or two files would have one name.
        MalmoiError: as `blocks`.
    """
    targets = _targets(files, out, order)
    read = blocks(files, order.columns, whole_rows=True)
    results = ordered_map(partial(redact_group, order), grouped(read), workers=workers_for(size_of(files), workers))
    total = Done()
    _write(chain.from_iterable(results), targets, total)
    return total


def _targets(files: Sequence[File], out: Path, order: Order) -> dict[int, Path]:
    """Where each file goes. Names of persons stand in file names too."""
    parts = [list(file.relative.parts) for file in files]
    names = sorted({part for path in parts for part in path})
    ids = pa.array(names, pa.string())
    safe = protect({"name": ids}, ids, policy=order.policy, key=order.key.read()).fields["name"].to_pylist()
    renamed = dict(zip(names, safe, strict=True))
    targets = {f.number: out.joinpath(*(renamed[part] for part in path)) for f, path in zip(files, parts, strict=True)}
    taken = Counter(targets.values())
    problems = [f"{path}: is there already; name another --out" for path in taken if path.exists()]
    problems += [f"{path}: {n} files would have this name; redact them apart" for path, n in taken.items() if n > 1]
    if problems:
        raise ConfigError(problems)
    return targets


def _write(results: Iterable[Redacted], targets: dict[int, Path], total: Done) -> None:
    """One file at a time, as the results come in the order of the files."""
    stream = iter(results)
    current = next(stream, None)
    while current is not None:
        file = current.file
        with atomic_path(targets[file.number]) as temporary, ExitStack() as stack:
            writer: Any = None
            while current is not None and current.file.number == file.number:
                writer = writer or stack.enter_context(_open(temporary, current))
                writer.write(current.payload)
                total.add(current.done)
                current = next(stream, None)


def _open(path: Path, first: Redacted) -> Any:
    if isinstance(first.payload, pa.Table):
        return pq.ParquetWriter(path, first.payload.schema, compression="zstd")
    packing = {".gz": "gzip", ".zst": "zstd", "": None}[first.file.packing]
    return pa.output_stream(str(path), compression=packing)


def redact_group(order: Order, group: Sequence[Block]) -> list[Redacted]:
    """Blocks redacted, and what was done to them."""
    rows, shifts = rows_of_group(group, order.columns)
    scopes = pa.array(rows.ids, pa.string())
    safe = protect(rows.texts, scopes, policy=order.policy, key=order.key.read())
    actions = Counter(zip(safe.spans["kind"].to_pylist(), safe.spans["action"].to_pylist(), strict=True))
    size = sum(block.bytes for block in group)
    done = Done(sum(not shift for shift in shifts), size, actions, broken=rows.broken)
    block = group[0]
    if isinstance(block.payload, str):
        texts = safe.fields[order.columns.texts[0]].to_pylist()
        found = zip(group, texts, [done, *(Done() for _ in texts[1:])], strict=True)
        return [Redacted(one.file, (text or "").encode(), its) for one, text, its in found]
    if isinstance(block.payload, pa.Table):
        done.unread |= {f.name for f in block.payload.schema if is_text(f.type)} - {*order.columns.texts}
    return [Redacted(block.file, _payload(block, rows, safe.fields, order.columns, done), done)]


def _payload(block: Block, rows: Rows, fields: dict[str, pa.Array], columns: Columns, done: Done) -> bytes | pa.Table:
    if isinstance(block.payload, pa.Table):
        table = block.payload
        for name, column in fields.items():
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(place), column.cast(table.schema.field(place).type))
        return table
    assert isinstance(block.payload, bytes)
    safe = []
    for record in _records(block.payload, block, rows, fields, columns):
        done.unread |= {name for name, value in record.items() if isinstance(value, str)} - {*columns.texts}
        safe.append(json.dumps(record, ensure_ascii=False, separators=_SEPARATORS).encode("utf-8", "surrogatepass"))
    return b"".join(line + b"\n" for line in safe)


def _records(
    data: bytes, block: Block, rows: Rows, fields: dict[str, pa.Array], columns: Columns
) -> Iterator[dict[str, Any]]:
    """Objects of the lines with their texts replaced; every other name and value stays as it is."""
    row_of = {place: row for row, place in enumerate(rows.places)}
    for place, line in numbered_lines(data, block.first):
        row = row_of.get(place)
        record, _ = read_record(line, columns)
        if row is None or record is None:
            continue
        for name, column in fields.items():
            if name in record:
                record[name] = column[row].as_py()
        yield record
